// The answers of a model that gives several outputs: its row of outputs, taken apart again.
import type { DatasetTraits } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';
import type { Graph, GraphHead } from '../graph/graph.js';
import { lossOfHead } from '../losses/check-targets.js';
import { partsSize, placeParts } from '../parts.js';
import { product } from '../shape.js';
import { type Classification, classesOf } from './classes.js';

/** @param rows [n, size]. @returns [n, …shape] of each, flat */
export function outputsByName(
  rows: Float32Array,
  heads: readonly GraphHead[],
): Record<string, Float32Array> {
  const size = partsSize(heads);
  const samples = rows.length / size;
  return Object.fromEntries(
    placeParts(heads).map(({ part, start, end }) => {
      const values = new Float32Array(samples * (end - start));
      for (let sample = 0; sample < samples; sample++) {
        const row = rows.subarray(sample * size + start, sample * size + end);
        values.set(row, sample * (end - start));
      }
      return [part.name, values];
    }),
  );
}

/**
 * @param outputs as `outputsByName` gives them
 * @param isOne whether one answer is given for each, and not a list
 * @throws ConfigError if none of them tells classes apart
 */
export function classifyHeads(
  graph: Graph,
  traits: DatasetTraits,
  outputs: Readonly<Record<string, Float32Array>>,
  isOne: boolean,
): Record<string, Classification | Classification[]> {
  const answers = (graph.heads ?? []).flatMap((head) => {
    const part = traits.targetParts?.find(({ name }) => name === head.name);
    const applies = lossOfHead(head)?.applies;
    const size = product(head.shape);
    const tells = applies === 'softmax' || part?.classNames || (applies && size === 1);
    if (!tells) return [];
    const { loss: _, ...rest } = graph;
    const one = { ...rest, ...(head.loss !== undefined && { loss: head.loss }) };
    const about = {
      ...traits,
      preparation: undefined,
      classes: part?.classNames && size > 1 ? size : undefined,
      classNames: part?.classNames,
    };
    const classify = classesOf(one, about, head.shape);
    const rows = outputs[head.name]!;
    const all = Array.from({ length: rows.length / size }, (_, row) => classify(rows, row * size));
    return [[head.name, isOne ? all[0]! : all] as const];
  });
  if (answers.length > 0) return Object.fromEntries(answers);
  throw new ConfigError(
    'classifyByName: no output tells classes apart; predictByName gives what they are',
  );
}

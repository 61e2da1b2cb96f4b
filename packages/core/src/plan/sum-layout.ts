// What a program sums over the samples, by name: the gradients first, then each output `sum.<name>` of its graph, then
// how many samples there were. All of it is one vector of float32, which is added up along the tree and travels as a
// whole; what adds or sends it knows its length only. Every offset and size of a partial, and of an evaluated chunk's
// sums, comes from here.
import { LockstepError } from '@lockstep/errors';
import type { Graph } from '../graph/graph.js';
import { product } from '../shape.js';
import { gradientOutput, SUM } from '../transform/differentiate.js';
import type { ParameterLayout } from './parameters.js';

/** The section that a program fills itself: the number of samples. */
export const SAMPLES = 'samples';

export interface SumSection {
  readonly name: string;
  /** In floats. */
  readonly offset: number;
  readonly length: number;
}

export interface SumLayout {
  /** Floats of the gradients, which lie in front, as the parameters do in their flat vector; 0 if there are none. */
  readonly gradientFloats: number;
  /** What follows the gradients, in order. */
  readonly sections: readonly SumSection[];
  /** Of the whole vector: a multiple of 4. What no section covers is zero. */
  readonly floats: number;
}

export function layOutSums({ nodes, outputs }: Graph, parameters: ParameterLayout): SumLayout {
  const gradientFloats = gradientOutput(0) in outputs ? parameters.length : 0;
  const summed = Object.entries(outputs).filter(([name]) => name.startsWith(SUM));
  const lengths = new Map(
    summed.map(([name, node]) => [
      name.slice(SUM.length),
      product(nodes[node]!.shape as readonly number[]),
    ]),
  );
  let offset = gradientFloats;
  const sections = [...lengths.set(SAMPLES, 1)].map(([name, length]) => {
    const section = { name, offset, length };
    offset += length;
    return section;
  });
  return { gradientFloats, sections, floats: Math.ceil(offset / 4) * 4 };
}

/** Where the section called `name` begins, in floats. */
export function sumOffset({ sections }: SumLayout, name: string): number {
  const section = sections.find((one) => one.name === name);
  if (section) return section.offset;
  throw new LockstepError('internal', `sums: there is no "${name}"`);
}

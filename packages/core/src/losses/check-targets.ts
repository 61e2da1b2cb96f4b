// A dataset's targets against the loss that will compare with them, before the first step: shapes are checked when the
// loss is traced, values here. What values a loss takes, the loss says.
// Not here: class labels, which are in [0, classes) in every dataset, and numbers that are not finite (dataset.ts).
import type { Dataset } from '../dataset.js';
import { DataError } from '../errors.js';
import type { Graph, GraphHead } from '../graph/graph.js';
import { placeParts } from '../parts.js';
import { product } from '../shape.js';
import { lossNamed } from './built-in.js';
import type { Loss, Losses } from './loss.js';

/** The loss in a graph: the one it was made with, or the built-in one that it names. */
export function lossOf(graph: Graph, loss?: Loss): Loss | undefined {
  return loss ?? (graph.loss === undefined ? undefined : lossNamed(graph.loss));
}

/** The loss of one of several outputs, as `lossOf`. */
export function lossOfHead(head: GraphHead, losses?: Loss | Losses): Loss | undefined {
  const given = (losses as Losses | undefined)?.[head.name];
  return given ?? (head.loss === undefined ? undefined : lossNamed(head.loss));
}

/** What says of itself which target values it takes: a loss, a metric. */
interface TargetTaker {
  readonly name: string;
  readonly targetFault?: Loss['targetFault'] | undefined;
  /** Of several, the one that it looks at. */
  readonly output?: string | undefined;
}

/**
 * @param graph with a loss
 * @param loss the one it was made with, where that is known; somebody's own is known in no other way
 * @param others that look at the targets, too
 * @throws DataError naming the first sample whose target one of them does not take, and its value
 */
export function checkTargets(
  graph: Graph,
  data: Dataset,
  loss?: Loss | Losses,
  others: readonly TargetTaker[] = [],
): void {
  if (graph.heads) {
    for (const { part, start, end } of placeParts(data.targetParts ?? [])) {
      const head = graph.heads.find(({ name }) => name === part.name);
      const found = head && lossOfHead(head, loss);
      const takers = others.filter(({ output }) => output === part.name);
      for (const taker of found ? [found, ...takers] : takers) {
        const name = `${taker.name} (target "${part.name}")`;
        checkTargetsFor({ ...taker, name }, data, start, end);
      }
    }
    return;
  }
  const found = lossOf(graph, loss as Loss);
  for (const taker of found ? [found, ...others] : others) checkTargetsFor(taker, data);
}

/** @param start and end: of the numbers of a sample, those that are looked at */
function checkTargetsFor(
  { name, targetFault }: TargetTaker,
  data: Dataset,
  start = 0,
  end = product(data.targetShape),
): void {
  if (!targetFault || !(data.targets instanceof Float32Array)) return;
  const size = product(data.targetShape);
  for (let sample = 0; sample < data.samples; sample++) {
    const fault = targetFault(data.targets, sample * size + start, sample * size + end);
    if (fault) {
      throw new DataError(`${name}: dataset "${data.name}": sample ${sample}: ${fault}`);
    }
  }
}

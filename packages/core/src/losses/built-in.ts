// The losses that a graph can name. What a loss takes is written in its own file; this is only the list.
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';
import { huberLoss } from './huber.js';
import { klDivLoss } from './kl-div.js';
import { l1Loss } from './l1.js';
import type { Loss } from './loss.js';
import { meanSquaredError } from './mean-squared-error.js';
import { multiMarginLoss } from './multi-margin.js';
import { perceptron } from './perceptron.js';
import { smoothL1Loss } from './smooth-l1.js';

const LOSSES: ReadonlyMap<string, Loss> = new Map(
  [
    binaryCrossEntropy(),
    crossEntropy(),
    huberLoss(),
    klDivLoss(),
    l1Loss(),
    meanSquaredError(),
    multiMarginLoss(),
    perceptron(),
    smoothL1Loss(),
  ].map((loss) => [loss.name, loss]),
);

/** Names of the built-in losses. */
export function lossNames(): string[] {
  return [...LOSSES.keys()];
}

/** The built-in loss of that name, as far as its description goes. */
export function lossNamed(name: string): Loss | undefined {
  return LOSSES.get(name);
}

/** Whether a loss is what a built-in one of its name is, and not somebody's own under the same name. */
export function isBuiltIn(loss: Loss): boolean {
  const other = lossNamed(loss.name);
  return (
    other !== undefined && other.targetFault === loss.targetFault && other.applies === loss.applies
  );
}

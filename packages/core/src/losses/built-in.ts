// The losses that a graph can name. What a loss takes is written in its own file; this is only the list.
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';
import type { Loss } from './loss.js';
import { meanSquaredError } from './mean-squared-error.js';
import { perceptron } from './perceptron.js';

const LOSSES: ReadonlyMap<string, Loss> = new Map(
  [binaryCrossEntropy(), crossEntropy(), meanSquaredError(), perceptron()].map((loss) => [
    loss.name,
    loss,
  ]),
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

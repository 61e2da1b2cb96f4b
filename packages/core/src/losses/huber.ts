// Huber's loss: squares near the target, distances far from it.
import { checkOptions, requireNumber } from '@lockstep/errors';
import { ofDifferences, squareThenStraight } from './differences.js';
import type { Loss } from './loss.js';

/** What `huberLoss` takes. */
export interface HuberLossOptions {
  /** Where squares become distances. Above 0; default 1. */
  readonly delta?: number | undefined;
}

/**
 * Huber's loss, the mean over the k values of a sample, of any shape: d²/2 where d = |x − t| ≤ δ, and δ (d − δ/2) beyond.
 * As PyTorch's HuberLoss.
 *
 * @throws ConfigError unless delta is above 0
 * @throws ShapeError when traced, if output and target differ in shape
 * Source: Huber, Robust estimation of a location parameter (1964).
 */
export function huberLoss(options: HuberLossOptions = {}): Loss {
  checkOptions('huberLoss', options, { delta: true });
  const { delta = 1 } = options;
  requireNumber('huberLoss', 'delta', delta, { above: 0 });
  return ofDifferences('huber', (distance) => squareThenStraight(distance, delta));
}

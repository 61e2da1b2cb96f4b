// Smooth L1: squares near the target, distances far from it, of slope 1.
import { checkOptions, requireNumber } from '@lockstep/errors';
import { div } from '../model/tensor.js';
import { ofDifferences, squareThenStraight } from './differences.js';
import type { Loss } from './loss.js';

/** What `smoothL1Loss` takes. */
export interface SmoothL1LossOptions {
  /** Where squares become distances; 0 is the mean absolute error. Default 1. */
  readonly beta?: number | undefined;
}

/**
 * Smooth L1, the mean over the k values of a sample, of any shape: d²/(2β) where d = |x − t| ≤ β, and d − β/2 beyond: Huber's
 * loss over β. As PyTorch's SmoothL1Loss.
 *
 * @throws ConfigError unless beta is at least 0
 * @throws ShapeError when traced, if output and target differ in shape
 * Source: Girshick, Fast R-CNN, ICCV 2015.
 */
export function smoothL1Loss(options: SmoothL1LossOptions = {}): Loss {
  checkOptions('smoothL1Loss', options, { beta: true });
  const { beta = 1 } = options;
  requireNumber('smoothL1Loss', 'beta', beta, { min: 0 });
  return ofDifferences('smooth-l1', (distance) =>
    Math.fround(beta) === 0 ? distance : div(squareThenStraight(distance, beta), beta),
  );
}

// Mean absolute error.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import { ofDifferences } from './differences.js';
import type { Loss } from './loss.js';

/**
 * Mean absolute error: (1/k) Σ |x − t| over the k values of a sample, of any shape. What lies far off pulls no harder than
 * what lies near. As PyTorch's L1Loss.
 *
 * @throws ShapeError when traced, if output and target differ in shape
 */
export function l1Loss(options: NoOptions = {}): Loss {
  checkOptions('l1Loss', options, {});
  return ofDifferences('l1', (distance) => distance);
}

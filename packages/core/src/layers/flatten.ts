// The last axes of each sample as one: as a rule, all of them.
import { checkOptions, requireInteger } from '@lockstep/errors';
import { axisOf } from '../model/axes.js';
import type { Layer } from '../model/model.js';
import { reshape } from '../model/tensor.js';
import { MAX_RANK } from '../shape.js';

/** What `flatten` takes. */
export interface FlattenOptions {
  /** The first axis that is flattened; negative ones count from the end. Default: 1, the first one of a sample. */
  readonly startAxis?: number | undefined;
}

/**
 * [N, …] → [N, the product of the rest]; from another axis on, those before it stay. As PyTorch's Flatten.
 *
 * @throws ConfigError if startAxis is no whole number
 * @throws ShapeError when traced, if it is no axis of a sample
 */
export function flatten(options: FlattenOptions = {}): Layer {
  checkOptions('flatten', options, { startAxis: true });
  const { startAxis = 1 } = options;
  requireInteger('flatten', 'startAxis', startAxis, -MAX_RANK, MAX_RANK - 1);
  return (x) => {
    // Samples of single numbers become rows of one.
    if (startAxis === 1) return reshape(x, [-1]);
    const first = axisOf('flatten', x, startAxis);
    return reshape(x, [...(x.shape.slice(1, first) as number[]), -1]);
  };
}

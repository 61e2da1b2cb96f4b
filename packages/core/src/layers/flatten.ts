// Each sample as one row.
import { checkOptions, type NoOptions } from '@lockstep/errors';
import type { Layer } from '../model/model.js';
import { reshape } from '../model/tensor.js';

/** [N, …] → [N, the product of the rest]. */
export function flatten(options: NoOptions = {}): Layer {
  checkOptions('flatten', options, {});
  return (x) => reshape(x, [-1]);
}

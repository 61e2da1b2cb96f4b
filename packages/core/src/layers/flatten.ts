// Each sample as one row.
import type { Layer } from '../model/model.js';
import { reshape } from '../model/tensor.js';

/** [N, …] → [N, the product of the rest]. */
export function flatten(): Layer {
  return (x) => reshape(x, [-1]);
}

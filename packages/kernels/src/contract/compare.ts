// Comparisons with broadcasting. A number that is none equals nothing, and is neither greater nor less.
import type { Broadcast } from './broadcast.js';

export interface CompareKernels {
  /** a > b ? 1 : 0 */
  greater: Broadcast;
  /** a >= b ? 1 : 0 */
  greaterEqual: Broadcast;
  /** a == b ? 1 : 0 */
  equal: Broadcast;
  /** a != b ? 1 : 0 */
  notEqual: Broadcast;
  /** The larger; NaN if either is one, and +0 of two zeros. */
  maximum: Broadcast;
  /** The smaller; NaN if either is one, and -0 of two zeros. */
  minimum: Broadcast;
}

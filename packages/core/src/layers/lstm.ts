// The layer of long short-term memory.
import { checkOptions } from '@lockstep/errors';
import {
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptions,
} from './recurrent.js';

const OPTIONS = recurrentOptions({});
const CELL = { op: 'lstm', gates: 4, states: ['hidden', 'cell'], attributes: {} } as const;

/**
 * Long short-term memory, [N, steps, inputSize] → [N, steps, directions × hiddenSize]: the state of each step. As PyTorch's
 * LSTM with `batch_first`: i, f, o = σ and g = tanh of W_ih x + b_ih + W_hh h + b_hh, c' = f c + i g, h' = o tanh(c').
 *
 * Parameters: `weight_ih_l0` [4 hidden, input], `weight_hh_l0` [4 hidden, hidden], `bias_ih_l0`, `bias_hh_l0` [4 hidden], gates in
 * the order i, f, g, o, and so on for `l1`; backward `weight_ih_l0_reverse`, …. All begin uniform in ±1/√hiddenSize.
 *
 * @throws ConfigError if a size or an option is none
 * @throws ShapeError when traced, if the input does not fit
 *
 * Source: Hochreiter, Schmidhuber, Long short-term memory (1997); forget gates: Gers, Schmidhuber, Cummins (2000).
 */
export function lstm(
  inputSize: number,
  hiddenSize: number,
  options: RecurrentOptions = {},
): RecurrentLayer {
  checkOptions('lstm', options, OPTIONS);
  return recurrentLayer(CELL, inputSize, hiddenSize, options);
}

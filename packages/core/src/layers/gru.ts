// The layer of gated recurrent units.
import { checkOptions } from '@lockstep/errors';
import {
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptions,
} from './recurrent.js';

const OPTIONS = recurrentOptions({});
const CELL = { op: 'gru', gates: 3, states: ['hidden'], attributes: {} } as const;

/**
 * Gated recurrent units, [N, steps, inputSize] → [N, steps, directions × hiddenSize]: the state of each step. As PyTorch's
 * GRU with `batch_first`: r, z = σ(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r (W_hn h + b_hn)),
 * h' = (1 − z) n + z h.
 *
 * Parameters: `weight_ih_l0` [3 hidden, input], `weight_hh_l0` [3 hidden, hidden], `bias_ih_l0`, `bias_hh_l0` [3 hidden], gates in
 * the order r, z, n, and so on for `l1`; backward `weight_ih_l0_reverse`, …. All begin uniform in ±1/√hiddenSize.
 *
 * @throws ConfigError if a size or an option is none
 * @throws ShapeError when traced, if the input does not fit
 *
 * Source: Cho et al., Learning phrase representations using RNN encoder-decoder (2014).
 */
export function gru(
  inputSize: number,
  hiddenSize: number,
  options: RecurrentOptions = {},
): RecurrentLayer {
  checkOptions('gru', options, OPTIONS);
  return recurrentLayer(CELL, inputSize, hiddenSize, options);
}

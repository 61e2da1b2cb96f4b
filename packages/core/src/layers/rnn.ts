// The plain recurrent layer.
import { checkOptions, requireChoice } from '@lockstep/errors';
import {
  type RecurrentLayer,
  type RecurrentOptions,
  recurrentLayer,
  recurrentOptions,
} from './recurrent.js';

/** What `rnn` takes. */
export interface RnnOptions extends RecurrentOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

const OPTIONS = recurrentOptions<Pick<RnnOptions, 'nonlinearity'>>({ nonlinearity: true });

/**
 * A recurrent layer, [N, steps, inputSize] → [N, steps, directions × hiddenSize]: the state of each step,
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu. As PyTorch's RNN with `batch_first`.
 *
 * Parameters: `weight_ih_l0` [hidden, input], `weight_hh_l0` [hidden, hidden], `bias_ih_l0`, `bias_hh_l0` [hidden], and so on
 * for `l1`; backward `weight_ih_l0_reverse`, …. All begin uniform in ±1/√hiddenSize.
 *
 * @throws ConfigError if a size or an option is none
 * @throws ShapeError when traced, if the input does not fit
 *
 * Source: Elman, Finding structure in time (1990).
 */
export function rnn(
  inputSize: number,
  hiddenSize: number,
  options: RnnOptions = {},
): RecurrentLayer {
  checkOptions('rnn', options, OPTIONS);
  const { nonlinearity = 'tanh', ...rest } = options;
  requireChoice('rnn', 'nonlinearity', nonlinearity, ['tanh', 'relu']);
  const attributes = { relu: Number(nonlinearity === 'relu') };
  const cell = { op: 'rnn', gates: 1, states: ['hidden'], attributes } as const;
  return recurrentLayer(cell, inputSize, hiddenSize, rest);
}

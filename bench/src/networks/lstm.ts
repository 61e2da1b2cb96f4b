// A language model of one LSTM over bytes.
import { models } from '@lockstep/core';
import { type Network, productOperations } from './network.js';

const [VOCABULARY, CONTEXT, SIZE] = [256, 64, 128];

export const lstm: Network = {
  title: 'LSTM of 128 units on 64 bytes',
  model: models.lstm({ vocabulary: VOCABULARY }),
  inputShape: [CONTEXT],
  vocabulary: VOCABULARY,
  classes: VOCABULARY,
  parameters: VOCABULARY * SIZE + 4 * SIZE * (2 * SIZE + 2) + VOCABULARY * (SIZE + 1),
  operations:
    productOperations(CONTEXT, 2 * SIZE, 4 * SIZE) + productOperations(CONTEXT, SIZE, VOCABULARY),
  firstOperations: 0,
};

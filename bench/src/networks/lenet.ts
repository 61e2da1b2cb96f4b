// LeNet-5 as PyTorch's tutorials have it, on 28 × 28 pixels.
import { models } from '@lockstep/core';
import { convolutionOperations, type Network, productOperations } from './network.js';

const FIRST = convolutionOperations(1, 6, 5, 28);

export const lenet: Network = {
  title: 'LeNet-5 on MNIST',
  model: models.lenet({ outputs: 10 }),
  inputShape: [1, 28, 28],
  classes: 10,
  parameters: 61_706,
  operations:
    FIRST +
    convolutionOperations(6, 16, 5, 10) +
    productOperations(1, 400, 120) +
    productOperations(1, 120, 84) +
    productOperations(1, 84, 10),
  firstOperations: FIRST,
};

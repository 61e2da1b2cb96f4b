// The smallest ResNet of He et al. (2016), section 4.2, on 28 × 28 pixels: 8 layers, 16 to 64 channels.
import { models } from '@lockstep/core';
import { convolutionOperations, type Network, productOperations } from './network.js';

const FIRST = convolutionOperations(1, 16, 3, 28);

export const resnet: Network = {
  title: 'ResNet of 8 layers, 16 to 64 channels, on MNIST',
  model: models.resnet({ outputs: 10 }),
  inputShape: [1, 28, 28],
  classes: 10,
  parameters: 77_754,
  operations:
    FIRST +
    2 * convolutionOperations(16, 16, 3, 28) +
    halvingBlock(16, 14) +
    halvingBlock(32, 7) +
    productOperations(1, 64, 10),
  firstOperations: FIRST,
};

/** Two convolutions, and the way beside them, to twice the channels and pictures of `side`. */
function halvingBlock(channels: number, side: number): number {
  return (
    convolutionOperations(channels, 2 * channels, 3, side) +
    convolutionOperations(2 * channels, 2 * channels, 3, side) +
    convolutionOperations(channels, 2 * channels, 1, side)
  );
}

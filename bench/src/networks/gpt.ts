// A small GPT over bytes.
import { models } from '@lockstep/core';
import { type Network, productOperations } from './network.js';

const [VOCABULARY, CONTEXT, LAYERS, SIZE] = [256, 128, 4, 128];

/** What a causal row sees on average is half of all. */
const ATTENTION = 2 * productOperations(CONTEXT, SIZE, CONTEXT / 2);

export const gpt: Network = {
  title: 'GPT of 4 layers, 4 heads, 128 features on 128 bytes',
  model: models.gpt({ vocabulary: VOCABULARY, context: CONTEXT }),
  inputShape: [CONTEXT],
  vocabulary: VOCABULARY,
  classes: VOCABULARY,
  parameters:
    2 * VOCABULARY * SIZE + CONTEXT * SIZE + LAYERS * (12 * SIZE * SIZE + 13 * SIZE) + 2 * SIZE,
  operations:
    LAYERS * (productOperations(CONTEXT, SIZE, 12 * SIZE) + ATTENTION) +
    productOperations(CONTEXT, SIZE, VOCABULARY),
  firstOperations: 0,
};

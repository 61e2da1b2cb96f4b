// A language model that tells the next token: a transformer of causal self-attention, as in GPT-2.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireChoice,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { normal } from '../initializers/initializer.js';
import { dropout as dropoutLayer } from '../layers/dropout.js';
import { embedding } from '../layers/embedding.js';
import { linear } from '../layers/linear.js';
import { positionalEmbedding } from '../layers/positions.js';
import { transformerEncoder } from '../layers/transformer-encoder.js';
import type { Model } from '../model/model.js';
import { matmul, transpose } from '../model/tensor.js';
import { MAX_ELEMENTS } from '../shape.js';

const POSITIONS = ['learnt', 'rotary'] as const;

/** What `models.gpt` takes. */
export interface GptOptions {
  /** How many tokens there are. */
  readonly vocabulary: number;
  /** The most positions of a sequence. */
  readonly context: number;
  /** Default 4. */
  readonly layers?: number;
  /** Default 4. */
  readonly heads?: number;
  /** Features of a position. Default 128. */
  readonly size?: number;
  /** Features between the two linear layers of a block. Default 4 × size. */
  readonly feedForward?: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Whether the last layer has the weight of the embedding, and none of its own. Default false. */
  readonly tied?: boolean;
  /** What tells positions apart: rows that are learnt and added, or turned queries and keys. Default learnt. */
  readonly positions?: (typeof POSITIONS)[number];
}

const OPTIONS: OptionNames<GptOptions> = {
  vocabulary: true,
  context: true,
  layers: true,
  heads: true,
  size: true,
  feedForward: true,
  dropout: true,
  tied: true,
  positions: true,
};

/**
 * Tokens [N, T] to scores [N, T, vocabulary] of the token behind each: embedding, positions, `layers` blocks of causal
 * attention and two linear layers with gelu between, normalised before each, a last normalisation, and a linear layer.
 *
 * Parameters: `embedding.weight` [vocabulary, size], `positions.weight` [context, size], of each block
 * `blocks.layers.0.…` as of PyTorch's TransformerEncoderLayer, `blocks.norm.weight` and `.bias`, and `head.weight`
 * [vocabulary, size] unless it is tied. Weights begin normal with standard deviation 0.02, those whose product is added to
 * a block's input by √(2 layers) smaller, biases 0. test/golden/gpt.py has the same in PyTorch.
 *
 * @throws ConfigError if a size or an option is not what it should be
 * Source: Radford et al., Language Models are Unsupervised Multitask Learners (2019).
 */
export function gpt(options: GptOptions): Model {
  checkOptions('gpt', options, OPTIONS);
  const { vocabulary, context, layers = 4, heads = 4, size = 128 } = options;
  const { feedForward = 4 * size, dropout = 0, tied = false, positions = 'learnt' } = options;
  requireInteger('gpt', 'vocabulary', vocabulary, 1, MAX_ELEMENTS);
  requireInteger('gpt', 'context', context, 1, MAX_ELEMENTS);
  requireInteger('gpt', 'layers', layers, 1, 1000);
  requireInteger('gpt', 'size', size, 1, MAX_ELEMENTS);
  requireNumber('gpt', 'dropout', dropout, { min: 0, below: 1 });
  requireBoolean('gpt', 'tied', tied);
  requireChoice('gpt', 'positions', positions, POSITIONS);
  const std = 0.02;
  const weightInit = normal({ std });
  const embed = embedding(vocabulary, size, { weightInit });
  const place = positionalEmbedding(context, size, { weightInit });
  const blocks = transformerEncoder(size, heads, {
    layers,
    feedForward,
    dropout,
    activation: 'gelu',
    normFirst: true,
    causal: true,
    rotary: positions === 'rotary',
    weightInit,
    residualInit: normal({ std: std / Math.sqrt(2 * layers) }),
  });
  return (tokens, scope) => {
    const embedded = embed(tokens, scope.child('embedding'));
    const placed = positions === 'learnt' ? place(embedded, scope.child('positions')) : embedded;
    const dropped = dropout > 0 ? dropoutLayer(dropout)(placed, scope) : placed;
    const output = blocks(dropped, scope.child('blocks'));
    return tied
      ? matmul(output, transpose(embed.parameter('weight', scope)))
      : linear(size, vocabulary, { bias: false, weightInit })(output, scope.child('head'));
  };
}

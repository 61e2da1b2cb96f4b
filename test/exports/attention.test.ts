// Attention, transformers and positions as ONNX: what ONNX Runtime makes of the products and the softmax that they come to
// there, with every mask.
import { expect, test } from 'vitest';
import { step } from '../../packages/core/src/layers/activations.js';
import { multiHeadAttention } from '../../packages/core/src/layers/multi-head-attention.js';
import {
  positionalEmbedding,
  sinusoidalPositions,
} from '../../packages/core/src/layers/positions.js';
import { rotaryEmbedding } from '../../packages/core/src/layers/rotary-embedding.js';
import { transformerDecoder } from '../../packages/core/src/layers/transformer-decoder.js';
import { transformerEncoder } from '../../packages/core/src/layers/transformer-encoder.js';
import { slice } from '../../packages/core/src/model/joining.js';
import { type Model, sequential } from '../../packages/core/src/model/model.js';
import { reshape } from '../../packages/core/src/model/tensor.js';
import { traceModel } from '../../packages/core/src/model/trace.js';
import { product } from '../../packages/core/src/shape.js';
import { Random } from '../../packages/core/src/testing/random.js';
import { compare, firstDifference, randomModel } from './agreement.js';

const SHAPE = [5, 6];

/** Which rows count, as the sample itself says: none of some samples. */
const counts: Model = (x) => reshape(step(slice(x, 0, 1)), [5]);

const MODELS: Readonly<Record<string, Model>> = {
  'self-attention': multiHeadAttention(6, 2, { dropout: 0.2 }),
  'causal self-attention': multiHeadAttention(6, 3, { causal: true }),
  'causal self-attention with a key mask': (x, scope) =>
    multiHeadAttention(6, 3, { causal: true })(x, scope, { keyMask: counts(x, scope) }),
  'self-attention with a key mask of all samples': (x, scope) =>
    multiHeadAttention(6, 2)(x, scope, { keyMask: scope.constant([1, 0, 1, 1, 0]) }),
  'cross-attention with a key mask': (x, scope) =>
    multiHeadAttention(6, 2)(slice(x, 0, 3, 1), scope, { memory: x, keyMask: counts(x, scope) }),
  'rotary positions': multiHeadAttention(6, 1, { rotary: true, causal: true }),
  positions: sequential(positionalEmbedding(7, 6), sinusoidalPositions(), rotaryEmbedding(2)),
  encoder: transformerEncoder(6, 2, { layers: 1, feedForward: 5, activation: 'gelu' }),
  decoder: (x, scope) =>
    transformerDecoder(6, 2, { layers: 1, feedForward: 5, normFirst: true })(x, scope, {
      memory: x,
    }),
};

test.each(Object.entries(MODELS))('%s', async (_, model) => {
  const trained = randomModel(traceModel(model, SHAPE), SHAPE, -1);
  const inputs = new Random(3).floats(4 * product(SHAPE), -1);
  inputs.subarray(0, 30).forEach((value, i, sample) => {
    if (i % 6 === 0) sample[i] = -Math.abs(value);
  });
  expect(firstDifference(await compare(trained, inputs))).toBeUndefined();
});

// Layers that share an operator with others, and what they say of inputs that do not fit: by the name that people called, and
// of the lengths that they gave.
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../errors.js';
import { zeros } from '../initializers/initializer.js';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { avgPool1d } from './avg-pool.js';
import { batchNorm1d, batchNorm2d } from './batch-norm.js';
import { conv1d } from './conv.js';
import { convTranspose1d } from './conv-transpose.js';
import { convolve2d, convolveTransposed2d } from './convolve.js';
import { gelu } from './gelu.js';
import { lastStep } from './last-step.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import { lstm } from './lstm.js';
import { maxPool1d } from './max-pool.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { reflectionPad2d, zeroPad2d } from './pad-2d.js';
import { positionalEmbedding, sinusoidalPositions } from './positions.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { upsample } from './upsample.js';

const SEQUENCE = [3, 28];
const PICTURE = [2, 28, 9];
const weight =
  (of: typeof convolve2d | typeof convolveTransposed2d, shape: number[]): Model =>
  (x, scope) =>
    of(x, scope.parameter('w', shape, zeros()));

describe('tokens that were to be embedded first are told as such by the layer', () => {
  test.each<[string, Model]>([
    ['linear', linear(4, 2)],
    ['conv1d', conv1d(4, 2, 1)],
    ['maxPool1d', maxPool1d(2)],
    ['batchNorm1d', batchNorm1d(4)],
    ['layerNorm', layerNorm(4)],
    ['lstm', lstm(4, 2)],
    ['lastStep', lastStep()],
    ['multiHeadAttention', multiHeadAttention(4, 2)],
    ['positionalEmbedding', positionalEmbedding(4, 2)],
    ['sinusoidalPositions', sinusoidalPositions()],
    ['rotaryEmbedding', rotaryEmbedding(4)],
    ['gelu', gelu()],
  ])('%s', (name, layer) => {
    expect(() => traceModel(layer, [4], { vocabulary: 9 })).toThrow(
      `${name}: expected float32, got int32 of shape [N, 4]; tokens become vectors with embedding`,
    );
  });
});

describe('an input that does not fit is told under the name that was called', () => {
  test.each<[string, Model, readonly number[], RegExp]>([
    ['maxPool1d', maxPool1d(30), SEQUENCE, /a kernel of 30 is longer .* 28/],
    ['avgPool1d', avgPool1d(3, { padding: 2 }), SEQUENCE, /padding 2 is more than half/],
    ['conv1d', conv1d(3, 4, 30), SEQUENCE, /the kernel covers 30 columns/],
    ['convTranspose1d', convTranspose1d(3, 4, 1, { padding: 20 }), SEQUENCE, /leaves nothing/],
    ['convolve2d', weight(convolve2d, [4, 2, 30, 1]), PICTURE, /covers 30 rows/],
    ['convolveTransposed2d', weight(convolveTransposed2d, [3, 1, 1, 1]), PICTURE, /2 channels/],
    [
      'reflectionPad2d',
      reflectionPad2d([1, 9, 2, 2]),
      PICTURE,
      /1 columns before and 9 after a picture of 9 cannot be mirrored/,
    ],
    ['zeroPad2d', zeroPad2d(60_000), PICTURE, /size is \[120028, 120009\]/],
    ['upsample', upsample({ scaleFactor: [2, 0.1] }), PICTURE, /left of a picture of 28 × 9/],
    ['upsample', upsample({ scaleFactor: 5000 }), PICTURE, /size is \[140000, 45000\]/],
    [
      'batchNorm1d',
      (_, s) => batchNorm1d(3)(s.parameter('w', [4, 3], zeros()), s),
      [4],
      /\[4, 3\]/,
    ],
    ['batchNorm2d', batchNorm2d(4), PICTURE, /\[N, 2, 28, 9\]/],
  ])('%s', (name, model, shape, message) => {
    const trace = (): unknown => traceModel(model, shape);
    expect(trace).toThrow(ShapeError);
    expect(trace).toThrow(new RegExp(`^${name}: `));
    expect(trace).toThrow(message);
  });
});

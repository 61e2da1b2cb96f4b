// Layers of convolution as they are traced: names, shapes and refusals. Their values are held against PyTorch's in
// test/golden, their gradients against differences in transform/differentiate.test.ts.
import { describe, expect, test } from 'vitest';
import { zeros } from '../initializers/initializer.js';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { conv1d, conv2d } from './conv.js';
import { convTranspose1d, convTranspose2d } from './conv-transpose.js';
import { convolve2d, convolveTransposed2d } from './convolve.js';

function shapeOf(model: Model, input: readonly number[]) {
  const { nodes, outputs, parameters } = traceModel(model, input);
  return {
    output: nodes[outputs.output!]!.shape.slice(1),
    parameters: Object.fromEntries(parameters.map(({ name, shape }) => [name, shape])),
  };
}

test('convolutions have PyTorch’s shapes and names', () => {
  expect(shapeOf(conv2d(1, 6, 5, { padding: 2 }), [1, 28, 28])).toEqual({
    output: [6, 28, 28],
    parameters: { weight: [6, 1, 5, 5], bias: [6] },
  });
  const strided = conv2d(4, 8, [3, 2], { stride: [2, 1], groups: 2, bias: false });
  expect(shapeOf(strided, [4, 9, 7])).toEqual({
    output: [8, 4, 6],
    parameters: { weight: [8, 2, 3, 2] },
  });
  const same = conv2d(2, 2, [4, 3], { padding: 'same', dilation: [1, 2] });
  expect(shapeOf(same, [2, 5, 6]).output).toEqual([2, 5, 6]);
  expect(shapeOf(conv2d(2, 2, 3, { padding: 'valid' }), [2, 5, 6]).output).toEqual([2, 3, 4]);
  expect(shapeOf(conv1d(3, 5, 4, { stride: 2, padding: 1 }), [3, 12])).toEqual({
    output: [5, 6],
    parameters: { weight: [5, 3, 4], bias: [5] },
  });
  expect(shapeOf(conv1d(3, 3, 3, { padding: 'same' }), [3, 12]).output).toEqual([3, 12]);
});

test('transposed convolutions have PyTorch’s shapes and names', () => {
  const options = { stride: 2, padding: 1, outputPadding: 1, groups: 2 };
  expect(shapeOf(convTranspose2d(4, 6, 3, options), [4, 5, 7])).toEqual({
    output: [6, 10, 14],
    parameters: { weight: [4, 3, 3, 3], bias: [6] },
  });
  expect(shapeOf(convTranspose1d(4, 2, 5, { stride: 3 }), [4, 6])).toEqual({
    output: [2, 20],
    parameters: { weight: [4, 2, 5], bias: [2] },
  });
});

describe('what is of no use is refused', () => {
  const functional =
    (of: typeof convolve2d | typeof convolveTransposed2d, shape: number[], options = {}): Model =>
    (x, scope) =>
      of(x, scope.parameter('w', shape, zeros()), options);
  test.each<[string, () => Model, RegExp]>([
    ['groups', () => conv2d(3, 4, 3, { groups: 2 }), /3 channels in and 4 out/],
    ['same and a stride', () => conv2d(3, 4, 3, { padding: 'same', stride: 2 }), /stride of 1/],
    ['another word', () => conv2d(3, 4, 3, { padding: 'full' as 'same' }), /padding/],
    ['no stride', () => conv2d(3, 4, 3, { stride: 0 }), /stride/],
    ['two lengths for one', () => conv1d(3, 4, [1, 3] as never), /kernelSize/],
    ['a huge kernel', () => conv2d(3, 4, 3), /covers 3 rows, more than the input's 2/],
    [
      'output padding',
      () => convTranspose2d(3, 4, 3, { outputPadding: 1 }),
      /less than the stride/,
    ],
    ['too much padding', () => convTranspose2d(3, 4, 1, { padding: 1 }), /leaves nothing/],
    ['other channels', () => conv2d(4, 4, 3), /built for \[N, channels, height, width\] of 4/],
    ['a sequence', () => conv1d(3, 4, 3), /of 3 channels/],
    ['weight', () => functional(convolve2d, [2, 2, 3]), /weight is \[2, 2, 3\]/],
    ['weight’s channels', () => functional(convolve2d, [2, 2, 1, 1]), /do not fit 1 group/],
    ['others', () => functional(convolveTransposed2d, [2, 2, 1, 1]), /has 3 channels/],
    [
      'memory',
      () => functional(convolve2d, [2, 3, 1, 1], { padding: 60_000 }),
      /more than \d+ (elements|numbers)/,
    ],
  ])('%s', (_, model, message) => {
    expect(() => traceModel(model(), [3, 2, 5])).toThrow(message);
  });
});

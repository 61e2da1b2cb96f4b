// The built-in networks of pictures: parameters as PyTorch's state_dict has them, pictures of any size, and what is none.
import { describe, expect, test } from 'vitest';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { models } from './models.js';

function shapes(model: Model, inputShape: readonly number[]): Record<string, readonly number[]> {
  const { parameters } = traceModel(model, inputShape);
  return Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
}

function count(model: Model, inputShape: readonly number[]): number {
  const sizes = Object.values(shapes(model, inputShape));
  return sizes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

function outputOf(model: Model, inputShape: readonly number[]) {
  const { nodes, outputs } = traceModel(model, inputShape);
  return nodes[outputs.output!]!.shape;
}

describe('lenet', () => {
  const network = models.lenet({ outputs: 10 });

  test('has the tensors of the tutorial network, 61,706 numbers for MNIST', () => {
    expect(shapes(network, [1, 28, 28])).toEqual({
      'conv1.weight': [6, 1, 5, 5],
      'conv1.bias': [6],
      'conv2.weight': [16, 6, 5, 5],
      'conv2.bias': [16],
      'fc1.weight': [120, 400],
      'fc1.bias': [120],
      'fc2.weight': [84, 120],
      'fc2.bias': [84],
      'fc3.weight': [10, 84],
      'fc3.bias': [10],
    });
    expect(count(network, [28, 28])).toBe(61_706);
  });

  test('takes pictures of other sizes and channels', () => {
    expect(shapes(network, [3, 32, 32])['fc1.weight']).toEqual([120, 400]);
    expect(shapes(network, [2, 12, 15])['fc1.weight']).toEqual([120, 16]);
    expect(outputOf(network, [3, 40, 33])).toEqual(['N', 10]);
  });
});

describe('resnet', () => {
  test('has the tensors of torchvision by name', () => {
    const found = shapes(models.resnet({ outputs: 10, width: 4, depth: 2 }), [3, 32, 32]);
    expect(found).toMatchObject({
      'conv1.weight': [4, 3, 3, 3],
      'bn1.weight': [4],
      'layer1.0.conv1.weight': [4, 4, 3, 3],
      'layer1.1.bn2.bias': [4],
      'layer2.0.conv1.weight': [8, 4, 3, 3],
      'layer2.0.downsample.0.weight': [8, 4, 1, 1],
      'layer2.0.downsample.1.weight': [8],
      'layer3.1.conv2.weight': [16, 16, 3, 3],
      'fc.weight': [10, 16],
      'fc.bias': [10],
    });
    expect(Object.keys(found).some((name) => name.startsWith('layer1.0.downsample'))).toBe(false);
    expect(Object.keys(found).some((name) => name.startsWith('layer2.1.downsample'))).toBe(false);
  });

  test('of 20 layers has the 0.27 million numbers of the paper', () => {
    // 270,896 of them, and two shortcuts of 1 × 1 with batch normalisation: 16 · 32 + 64 and 32 · 64 + 128.
    const biases = 10;
    const expected =
      432 + 32 + 6 * 2304 + 12 * 16 + 4608 + 5 * 9216 + 12 * 32 + 18_432 + 5 * 36_864 + 12 * 64;
    const shortcuts = 16 * 32 + 64 + 32 * 64 + 128;
    const network = models.resnet({ outputs: 10, depth: 3 });
    expect(count(network, [3, 32, 32])).toBe(expected + shortcuts + 640 + biases);
  });

  test('keeps the statistics of each batch normalisation', () => {
    const { buffers } = traceModel(models.resnet({ outputs: 2, width: 2 }), [9, 7]);
    expect(buffers!.map(({ name }) => name)).toContain('layer3.0.downsample.1.running_var');
    expect(outputOf(models.resnet({ outputs: 2, width: 2 }), [5, 4])).toEqual(['N', 2]);
  });
});

describe('mlpMixer', () => {
  test('has the tensors of timm by name', () => {
    const network = models.mlpMixer({ outputs: 3, patch: 4, width: 8, depth: 2 });
    const found = shapes(network, [1, 12, 8]);
    expect(found).toMatchObject({
      'stem.proj.weight': [8, 1, 4, 4],
      'stem.proj.bias': [8],
      'blocks.0.norm1.weight': [8],
      'blocks.0.mlp_tokens.fc1.weight': [4, 6],
      'blocks.0.mlp_tokens.fc2.weight': [6, 4],
      'blocks.1.norm2.bias': [8],
      'blocks.1.mlp_channels.fc1.weight': [32, 8],
      'blocks.1.mlp_channels.fc2.bias': [8],
      'norm.weight': [8],
      'head.weight': [3, 8],
    });
    expect(Object.keys(found)).toHaveLength(2 + 2 * 12 + 2 + 2);
    expect(outputOf(network, [3, 32, 32])).toEqual(['N', 3]);
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['no outputs', () => models.lenet({ outputs: 0 }), /lenet: outputs must be an integer in/],
  ['no width', () => models.resnet({ outputs: 1, width: 0 }), /resnet: width must be/],
  ['half a block', () => models.resnet({ outputs: 1, depth: 0.5 }), /resnet: depth must be/],
  [
    'another option',
    () => models.mlpMixer({ outputs: 1, patches: 4 } as never),
    /did you mean patch/,
  ],
  [
    'vectors',
    () => traceModel(models.lenet({ outputs: 2 }), [784]),
    /lenet: input is \[N, 784\], expected pictures \[N, channels/,
  ],
  [
    'small pictures',
    () => traceModel(models.lenet({ outputs: 2 }), [11, 30]),
    /pictures are 11 × 30, expected at least 12 × 12/,
  ],
  [
    'patches that do not fit',
    () => traceModel(models.mlpMixer({ outputs: 2 }), [1, 28, 30]),
    /28 × 30, expected sides that patches of 4 × 4 divide; these are cut by a patch of 1, 2$/,
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message);
});

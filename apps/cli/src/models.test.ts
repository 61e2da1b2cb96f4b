import { initialParameters, type Parameters, traceModel } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { ACTIVATION_NAMES, mlp, mlpHiddenSizes } from './models.js';

function traced(hidden: readonly number[], activation = ACTIVATION_NAMES[0]!) {
  return traceModel(mlp({ hidden, activation, outputs: 10 }), [1, 28, 28]);
}

describe('mlp', () => {
  test('names and shapes are those of the PyTorch tutorial network', () => {
    const { parameters } = traced([128, 64]);
    expect(parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ['layers.0.weight', [128, 784]],
      ['layers.0.bias', [128]],
      ['layers.2.weight', [64, 128]],
      ['layers.2.bias', [64]],
      ['layers.4.weight', [10, 64]],
      ['layers.4.bias', [10]],
    ]);
  });

  test('an activation stands between each two linear layers, and none after the last', () => {
    for (const activation of ACTIVATION_NAMES) {
      const { nodes, outputs } = traced([32, 16], activation);
      expect(nodes.filter(({ op }) => op === activation)).toHaveLength(2);
      expect(nodes[outputs.output!]!.op).toBe('add');
    }
  });

  test('without hidden layers it is one linear layer', () => {
    const { parameters } = traced([]);
    expect(parameters.map(({ name }) => name)).toEqual(['layers.0.weight', 'layers.0.bias']);
  });
});

describe('hidden sizes', () => {
  test.each([[[]], [[7]], [[128, 64]], [[1, 2, 3, 4, 5, 6]]])(
    'of an mlp with %j are found in its tensors, in any order',
    (hidden) => {
      const parameters = [...initialParameters(traced(hidden), 0)];
      expect(mlpHiddenSizes(new Map(parameters.reverse()), 'file')).toEqual(hidden);
    },
  );

  test.each<[string, string[]]>([
    ['another network', ['fc1.weight', 'fc1.bias']],
    ['a layer without a bias', ['layers.0.weight']],
    ['a gap', ['layers.0.weight', 'layers.0.bias', 'layers.4.weight', 'layers.4.bias']],
  ])('of %s are refused with the tensors that were found', (_, names) => {
    const values = { shape: [2, 2], data: new Float32Array(4) };
    const parameters: Parameters = new Map(names.map((name) => [name, values]));
    expect(() => mlpHiddenSizes(parameters, 'w.safetensors')).toThrow(
      `w.safetensors: expected the tensors of mlp`,
    );
    expect(() => mlpHiddenSizes(parameters, 'w.safetensors')).toThrow(names[0]!);
  });
});

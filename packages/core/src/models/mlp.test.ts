import { describe, expect, test } from 'vitest';
import { traceModel } from '../model/trace.js';
import { MLP_ACTIVATIONS, mlp } from './mlp.js';

function traced(hidden: readonly number[], activation = MLP_ACTIVATIONS[0]!) {
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
    for (const activation of MLP_ACTIVATIONS) {
      const { nodes, outputs } = traced([32, 16], activation);
      expect(nodes.filter(({ op }) => op === activation)).toHaveLength(2);
      expect(nodes[outputs.output!]!.op).toBe('add');
    }
  });

  test('without hidden layers it is one linear layer', () => {
    const { parameters } = traced([]);
    expect(parameters.map(({ name }) => name)).toEqual(['layers.0.weight', 'layers.0.bias']);
  });

  test('what is no size and no activation is refused by its name', () => {
    expect(() => mlp({ outputs: 0 })).toThrow('mlp: outputs must be an integer in [1,');
    expect(() => mlp({ outputs: 1, hidden: [4, 0.5] })).toThrow('mlp: hidden[1] must be');
    expect(() => mlp({ outputs: 1, hidden: 4 as never })).toThrow('hidden must be a list of sizes');
    expect(() => mlp({ outputs: 1, activation: 'gelu' as never })).toThrow('one of relu, sigmoid');
  });
});

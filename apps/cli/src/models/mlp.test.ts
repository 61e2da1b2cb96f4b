import { initialParameters, models, type Parameters, traceModel } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { mlp } from './mlp.js';

describe('hidden sizes', () => {
  test.each([[[]], [[7]], [[128, 64]], [[1, 2, 3, 4, 5, 6]]])(
    'of an mlp with %j are found in its tensors, in any order',
    (hidden) => {
      const parameters = [
        ...initialParameters(traceModel(models.mlp({ hidden, outputs: 10 }), [1, 28, 28]), 0),
      ];
      expect(mlp.flagsOf(new Map(parameters.reverse()), 'file')).toEqual({ hidden });
    },
  );

  test.each<[string, string[]]>([
    ['another network', ['fc1.weight', 'fc1.bias']],
    ['a layer without a bias', ['layers.0.weight']],
    ['a gap', ['layers.0.weight', 'layers.0.bias', 'layers.4.weight', 'layers.4.bias']],
  ])('of %s are refused with the tensors that were found', (_, names) => {
    const values = { shape: [2, 2], data: new Float32Array(4) };
    const parameters: Parameters = new Map(names.map((name) => [name, values]));
    expect(() => mlp.flagsOf(parameters, 'w.safetensors')).toThrow(
      `w.safetensors: expected the tensors of mlp`,
    );
    expect(() => mlp.flagsOf(parameters, 'w.safetensors')).toThrow(names[0]!);
  });
});

import { expect, test } from 'vitest';
import { traceModel } from '../model/trace.js';
import { lstm } from './lstm.js';

test('of series: names and shapes are those of the PyTorch module, the output one row a series', () => {
  const model = lstm({ features: 3, outputs: 2, size: 5, layers: 2, bidirectional: true });
  const { parameters, nodes, outputs } = traceModel(model, [30, 3]);
  expect(nodes[outputs.output!]!.shape).toEqual(['N', 2]);
  const names = parameters.map(({ name, shape }) => [name, ...shape]);
  expect(names).toHaveLength(18);
  expect(names[0]).toEqual(['lstm.weight_ih_l0', 20, 3]);
  expect(names[12]).toEqual(['lstm.weight_ih_l1_reverse', 20, 10]);
  expect(names.slice(-2)).toEqual([
    ['head.weight', 2, 10],
    ['head.bias', 2],
  ]);
});

test('of tokens: a score for each token at each place', () => {
  const model = lstm({ vocabulary: 11, size: 5, embedding: 4 });
  const { parameters, nodes, outputs } = traceModel(model, [30], { vocabulary: 11 });
  expect(nodes[outputs.output!]!.shape).toEqual(['N', 30, 11]);
  const names = parameters.map(({ name, shape }) => [name, ...shape]);
  expect(names).toEqual([
    ['embedding.weight', 11, 4],
    ['lstm.weight_ih_l0', 20, 4],
    ['lstm.weight_hh_l0', 20, 5],
    ['lstm.bias_ih_l0', 20],
    ['lstm.bias_hh_l0', 20],
    ['head.weight', 11, 5],
    ['head.bias', 11],
  ]);
});

test('what is neither of tokens nor of series is refused', () => {
  expect(() => lstm({ vocabulary: 3, dropout: 0.5 })).toThrow(
    'lstm: dropout 0.5 is between layers, and there is one; take more of them',
  );
  expect(() => lstm({} as never)).toThrow('expected { vocabulary } for tokens, or { features');
  expect(() => lstm({ vocabulary: 0 })).toThrow('lstm: vocabulary must be');
  expect(() => lstm({ features: 1, outputs: 1, size: 0 })).toThrow('lstm: size must be');
  expect(() => lstm({ features: 1, outputs: 1, embedding: 2 } as never)).toThrow('embedding');
});

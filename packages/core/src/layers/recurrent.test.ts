// The recurrent layers: names and shapes of their parameters, what they are given besides a sequence, and what they refuse.
// The numbers are PyTorch's: test/golden/recurrence.test.ts.
import { describe, expect, test } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { runReference } from '../execute/reference.js';
import { slice } from '../model/joining.js';
import { type Model, sequential } from '../model/model.js';
import { reshape } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { gru } from './gru.js';
import { lastStep } from './last-step.js';
import { linear } from './linear.js';
import { lstm } from './lstm.js';
import { rnn } from './rnn.js';

test('parameters have the names, shapes and order of PyTorch', () => {
  const model = lstm(3, 5, { numLayers: 2, bidirectional: true });
  const names = traceModel(model, [7, 3]).parameters.map(({ name, shape }) => [name, ...shape]);
  expect(names).toEqual([
    ['weight_ih_l0', 20, 3],
    ['weight_hh_l0', 20, 5],
    ['bias_ih_l0', 20],
    ['bias_hh_l0', 20],
    ['weight_ih_l0_reverse', 20, 3],
    ['weight_hh_l0_reverse', 20, 5],
    ['bias_ih_l0_reverse', 20],
    ['bias_hh_l0_reverse', 20],
    ['weight_ih_l1', 20, 10],
    ['weight_hh_l1', 20, 5],
    ['bias_ih_l1', 20],
    ['bias_hh_l1', 20],
    ['weight_ih_l1_reverse', 20, 10],
    ['weight_hh_l1_reverse', 20, 5],
    ['bias_ih_l1_reverse', 20],
    ['bias_hh_l1_reverse', 20],
  ]);
});

test('a classifier of sequences is one line, and a node a layer', () => {
  const graph = traceModel(sequential(gru(8, 16), lastStep(), linear(16, 2)), [500, 8]);
  expect(graph.nodes[graph.outputs.output!]!.shape).toEqual(['N', 2]);
  expect(graph.nodes.length).toBeLessThan(20);
});

test('used twice, it has one set of weights', () => {
  const layer = rnn(4, 4);
  expect(traceModel(sequential(layer, layer), [3, 4]).parameters).toHaveLength(4);
});

describe('lengths', () => {
  /** Samples are three steps of one feature and a length; the state is the sum of steps so far. */
  const sums = (model: Model, lengths = [3, 2, 0]): number[] => {
    const graph = traceModel(model, [4]);
    const { output } = runReference(graph, {
      ...{ rows: 3, precision: 'f64', parameters: [[1], [1]] },
      input: lengths.flatMap((length) => [1, 2, 4, length]),
    });
    return [...output!.data];
  };
  const layer = () => rnn(1, 1, { nonlinearity: 'relu', bias: false });
  const x = (row: Parameters<Model>[0]) => reshape(slice(row, 0, 3), [3, 1]);

  test('end a sample: what lies behind is 0', () => {
    const model: Model = (row, scope) => layer()(x(row), scope, { lengths: slice(row, 3) });
    expect(sums(model)).toEqual([1, 3, 7, 1, 3, 0, 0, 0, 0]);
  });

  test('the last step is the last real one, and 0 of none', () => {
    const model: Model = (row, scope) => {
      const lengths = slice(row, 3);
      return lastStep(layer()(x(row), scope, { lengths }), { lengths });
    };
    expect(sums(model)).toEqual([7, 3, 0]);
    // As the layer itself reads lengths that no sample can have.
    expect(sums(model, [4, 1000, -1])).toEqual([7, 7, 0]);
    expect(sums(model, [0.5, 1.5, 2.5])).toEqual([1, 3, 7]);
  });

  test('both directions of a last step are those behind all real steps', () => {
    const model: Model = (row, scope) => {
      const lengths = slice(row, 3);
      const both = rnn(1, 1, { nonlinearity: 'relu', bias: false, bidirectional: true });
      const y = both(x(row), scope, { lengths });
      return lastStep(y, { lengths, bidirectional: true });
    };
    const graph = traceModel(model, [4]);
    const { output } = runReference(graph, {
      ...{ rows: 2, precision: 'f64', parameters: [[1], [1], [2], [1]] },
      input: [1, 2, 4, 3, 1, 2, 4, 2],
    });
    expect([...output!.data]).toEqual([7, 14, 3, 6]);
  });
});

describe('what is none is refused', () => {
  const nothing = undefined as never;
  test.each<[string, () => unknown, RegExp]>([
    ['a size', () => lstm(0, 3), /lstm: inputSize must be/],
    ['a rate', () => gru(1, 1, { numLayers: 2, dropout: 1 }), /gru: dropout must be/],
    ['dropout between one layer', () => gru(1, 1, { dropout: 0.5 }), /between layers, and there/],
    ['a nonlinearity', () => rnn(1, 1, { nonlinearity: 'gelu' as never }), /one of tanh, relu/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(ConfigError);
  });

  test.each<[string, Model, RegExp, new (message: string) => Error]>([
    [
      'another input',
      (x, s) => lstm(2, 3)(x, s),
      /expected \[N, steps, 2\].*\[N, 4, 3\]/,
      ShapeError,
    ],
    [
      'lengths of another shape',
      (x, s) => gru(3, 3)(x, s, { lengths: reshape(x, [12]) }),
      /lengths are \[N, 12\]/,
      ShapeError,
    ],
    ['a cell of a gru', (x, s) => gru(3, 3)(x, s, { cell: x }), /has no cell/, ConfigError],
    [
      'half a state',
      (x, s) => lstm(3, 3)(x, s, { hidden: x }),
      /its state has no cell/,
      ConfigError,
    ],
    [
      'a state of other layers',
      (x, s) => gru(3, 3)(x, s, { hidden: x }),
      /hidden is \[N, 4, 3\], expected \[N, 1, 3\]/,
      ShapeError,
    ],
    ['no scope', (x) => gru(3, 3)(x, nothing), /hands its own on/, ConfigError],
    [
      'a last step of no sequence',
      (x) => lastStep(reshape(x, [12])),
      /expected a sequence/,
      ShapeError,
    ],
    [
      'three features of two directions',
      (x) => lastStep(x, { bidirectional: true }),
      /3 feat/,
      ShapeError,
    ],
  ])('%s', (_, model, message, type) => {
    expect(() => traceModel(model, [4, 3])).toThrow(message);
    expect(() => traceModel(model, [4, 3])).toThrow(type);
  });
});

import { expect, test } from 'vitest';
import { relu } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { sequential } from './model.js';
import { traceModel } from './trace.js';

test('layers by name have their names in parameters and outputs, nested ones too', () => {
  const model = sequential({
    first: linear(2, 3),
    act: relu(),
    rest: sequential(linear(3, 3), sequential({ last: linear(3, 1) })),
  });
  const { parameters, layers } = traceModel(model, [2]);
  expect(parameters.map(({ name }) => name)).toEqual([
    ...['first.weight', 'first.bias', 'rest.0.weight', 'rest.0.bias'],
    ...['rest.1.last.weight', 'rest.1.last.bias'],
  ]);
  expect(Object.keys(layers!)).toEqual(expect.arrayContaining(['first', 'act', 'rest.1.last']));
});

test('none is the input itself, and one layer is no list of names', () => {
  expect(traceModel(sequential(), [2]).nodes).toHaveLength(1);
  expect(traceModel(sequential({}), [2]).nodes).toHaveLength(1);
  expect(traceModel(sequential(linear(2, 1)), [2]).parameters[0]!.name).toBe('0.weight');
});

test('what is wrong is told with the name of its layer', () => {
  const model = sequential({ first: linear(2, 3), second: linear(4, 1) });
  expect(() => traceModel(model, [2])).toThrow(/linear: .* \(layer second, 1 of 2\)/);
  expect(() => traceModel(sequential(linear(2, 3), linear(4, 1)), [2])).toThrow('(layer 1 of 2)');
  expect(() => sequential({ first: linear(2, 1), 2: relu() })).toThrow(
    'sequential: a layer is called "2"; expected names such as conv1',
  );
  expect(() => sequential({ '': linear(2, 1) })).toThrow('a layer is called ""');
  expect(() => sequential([linear(2, 1)] as never)).toThrow('write sequential(...layers)');
  // An object of its layers' names has none.
  expect(() => sequential(new Map([['first', linear(2, 1)]]) as never)).toThrow(
    'layers with names are an object, { conv1: layer, … }',
  );
  expect(() => traceModel(sequential({ a: 3 as never }), [2])).toThrow(/\(layer a, 0 of 1\)/);
});

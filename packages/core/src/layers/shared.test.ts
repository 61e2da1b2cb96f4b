// Layers that are used twice: one set of parameters under the names of the first use, one of buffers, and tied weights.
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import { zeros } from '../initializers/initializer.js';
import { type Model, sequential } from '../model/model.js';
import { add, batchMean, matmul, mul, sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { relu } from './activations.js';
import { dropout } from './dropout.js';
import { linear } from './linear.js';
import { type SharedLayer, shared } from './shared.js';

function namesOf(model: Model, inputShape: readonly number[] = [3]): string[] {
  return traceModel(model, inputShape).parameters.map(({ name }) => name);
}

test('a layer, and whoever asks for its parameter, is told that the scope is missing', () => {
  const layer = linear(3, 3);
  const nothing = undefined as never;
  expect(() => namesOf((x) => layer(x, nothing))).toThrow('layer: its scope is nothing');
  expect(() =>
    namesOf((x, scope) => add(layer(x, scope), layer.parameter('bias', nothing))),
  ).toThrow('parameter "bias": its scope is nothing; a model hands its own on');
});

describe('a layer that is used twice', () => {
  test('has the parameters of its first use, in a row and in a function', () => {
    const layer = linear(3, 3);
    expect(namesOf(sequential(relu(), layer, relu(), layer))).toEqual(['1.weight', '1.bias']);
    expect(namesOf((x, scope) => layer(layer(x, scope), scope))).toEqual(['weight', 'bias']);
    expect(namesOf(sequential(linear(3, 3), linear(3, 3)))).toHaveLength(4);
  });

  test('may be a layer of layers, and lie in another one', () => {
    const inner = sequential(linear(3, 3, { bias: false }), relu());
    expect(namesOf(sequential(inner, inner))).toEqual(['0.0.weight']);
    const own = shared((x, scope) => mul(x, scope.parameter('scale', [3], zeros())));
    const outer = shared(sequential(own, linear(3, 3)));
    expect(namesOf(sequential(outer, own, outer))).toEqual(['0.0.scale', '0.1.weight', '0.1.bias']);
  });

  test('begins anew in each model', () => {
    const layer = linear(3, 3);
    expect(namesOf(layer)).toEqual(['weight', 'bias']);
    expect(namesOf(sequential(layer))).toEqual(['0.weight', '0.bias']);
  });

  test('drops other elements each time, and each use has a name of its own', () => {
    const block = shared(sequential(linear(3, 3), dropout(0.5)));
    const { nodes, layers } = traceModel(sequential(block, block), [3]);
    const drops = nodes.filter(({ op }) => op === 'dropout');
    expect(drops.map(({ attributes }) => attributes.layer)).toEqual([0, 1]);
    const names = ['0', '0.0', '0.0:2', '0.1', '0.1:2', '1'];
    expect(Object.keys(layers!).sort()).toEqual(names);
    expect(layers!['1']).toBe(layers!['0.1:2']);
  });

  test('updates what it keeps one use after the other', () => {
    const mean = shared((x, scope) => {
      const value = scope.buffer('mean', [3], zeros());
      scope.update(value, add(mul(value, 0.5), batchMean(x)));
      return sub(x, value);
    });
    const graph = traceModel((x, scope) => mean(mul(mean(x, scope), 2), scope), [3]);
    expect(graph.buffers).toHaveLength(1);
    const given = { rows: 2, precision: 'f64' as const, parameters: [], buffers: [[1, 1, 1]] };
    const { output, ...rest } = runReference(graph, { ...given, input: [1, 2, 3, 3, 4, 5] });
    // The second use sees 2 (x − 1) = [0, 2, 4] and [4, 6, 8], and takes off what the buffer was before the step.
    expect([...output!.data]).toEqual([-1, 1, 3, 3, 5, 7]);
    expect([...rest['update.0']!.data]).toEqual([1, 2, 3].map((m) => (0.5 + m + 1) / 2 + 2 * m));
  });
});

describe('what cannot be shared is refused', () => {
  const layer: SharedLayer = linear(3, 3);
  const size: { now: number } = { now: 3 };
  const changing = shared((x, scope) => add(x, scope.parameter('w', [size.now++], zeros())));
  const growing = (names: string[]): Model =>
    shared((x, scope) => mul(x, scope.parameter(names.pop()!, [3], zeros())));
  const grows = growing(['b', 'a']);
  test.each<[string, Model, RegExp]>([
    ['no layer', (x, scope) => shared(3 as never)(x, scope), /shared: expected a layer such as/],
    ['another shape', sequential(changing, changing), /"0.w" is \[3\] .* asked for as \[4\]/],
    [
      'another name',
      sequential(grows, grows),
      /no parameter "0.b" from its first use; there are 0.a/,
    ],
    ['before its use', (_, scope) => layer.parameter('weight', scope), /call the layer first/],
    [
      'a parameter that it has not',
      (x, scope) => matmul(layer(x, scope), layer.parameter('wait', scope)),
      /no parameter "wait" .* there are weight, bias/,
    ],
    ['without a scope', (x) => layer(x, undefined as never), /hands its own on/],
    [
      'names that two functions take',
      (x, scope) => {
        const own: Model = (y, s) => add(y, s.parameter('w', [3], zeros()));
        return own(own(x, scope), scope);
      },
      /two parameters are called "w"\. A layer of one's own .* shared\(layer\)/,
    ],
  ])('%s', (_, model, message) => {
    expect(() => traceModel(model, [3])).toThrow(message);
  });
});

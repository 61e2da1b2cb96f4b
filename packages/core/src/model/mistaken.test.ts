// What is mistaken for a tensor, as a name that was misspelt, and a tensor that is mistaken for a number: both are told where
// they happen. JavaScript alone would say "undefined (reading 'shape')" of the one, and compute NaN with the other.
import { expect, it, test } from 'vitest';
import { ConfigError } from '../errors.js';
import {
  elu,
  hardswish,
  hardtanh,
  leakyRelu,
  relu,
  relu6,
  silu,
  softplus,
} from '../layers/activations.js';
import { gelu } from '../layers/gelu.js';
import { linear } from '../layers/linear.js';
import { hardsigmoid, logSigmoid } from '../layers/sigmoids.js';
import { optimizer } from '../optimizers/custom/custom.js';
import { concat, slice } from './joining.js';
import { type Model, sequential } from './model.js';
import { abs, maximum, min, sign } from './selection.js';
import { add, batchMean, batchSum, exp, max, mean, reshape, sum, transpose } from './tensor.js';
import { traceModel } from './trace.js';

const nothing = undefined as never;

test.each<[string, () => unknown]>([
  ['add', () => add(nothing, 1)],
  ['exp', () => exp(nothing)],
  ['sum', () => sum(nothing)],
  ['max', () => max(nothing)],
  ['mean', () => mean(nothing)],
  ['reshape', () => reshape(nothing, [2])],
  ['transpose', () => transpose(nothing)],
  ['batchSum', () => batchSum(nothing)],
  ['batchMean', () => batchMean(nothing)],
  ['slice', () => slice(nothing, 0)],
  ['concat', () => concat([nothing])],
  ['abs', () => abs(nothing)],
  ['maximum', () => maximum(nothing, 1)],
  ['linear', () => traceModel((_, scope) => linear(2, 2)(nothing, scope), [2])],
])('%s of nothing is refused', (_, call) => {
  expect(call).toThrow(ConfigError);
  expect(call).toThrow(/tensor/);
});

test.each(
  Object.entries({
    ...{ elu, gelu, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, relu, relu6, silu },
    softplus,
  }),
)('%s in a row is a layer, called or not', (_, activation) => {
  const nodesOf = (layer: Model) => traceModel(sequential(layer), [2]).nodes;
  expect(nodesOf(activation as Model)).toEqual(nodesOf(activation()));
});

it('tells what is wrong by the name of what was called', () => {
  expect(() => sign(nothing)).toThrow(/^sign: /);
  expect(() => traceModel((x) => min(x, { axes: 0 }), [2])).toThrow(/^min: the batch axis/);
  expect(() => traceModel((x) => min(x, { axis: 1 } as never), [2])).toThrow(
    /^min: unknown option/,
  );
});

it('refuses arithmetic and comparisons of JavaScript with a tensor, which has a text', () => {
  const told = /a tensor \[N, 2\] holds no numbers .* use add, sub, mul/;
  expect(() => traceModel(((x: never) => x * 2) as unknown as Model, [2])).toThrow(told);
  expect(() => traceModel(((x: never) => (x > 0 ? x : 0)) as unknown as Model, [2])).toThrow(told);
  let text = '';
  traceModel(
    (x) => {
      text = `${x}`;
      return x;
    },
    [2],
  );
  expect(text).toBe('tensor [N, 2]');
});

it("refuses an optimizer's update that asks which step it is", () => {
  const update = ({ step, parameter }: { step: never; parameter: never }) => ({
    parameter: step % 2 === 0 ? parameter : add(parameter, 1),
  });
  expect(() => optimizer('mine', { update: update as never })).toThrow(/mine: a tensor .* no num/);
});

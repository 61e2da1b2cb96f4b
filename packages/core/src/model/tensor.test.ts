// The tensor functions as a user calls them: what they refuse, in which words, and what reductions come to.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, GraphError, type LockstepError, ShapeError } from '../errors.js';
import { runReference } from '../execute/reference.js';
import { zeros } from '../initializers/initializer.js';
import { leakyRelu, relu, softmax } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { attachLoss } from '../network/attach-loss.js';
import { product, type Shape } from '../shape.js';
import { Random } from '../testing/random.js';
import { type Model, sequential } from './model.js';
import {
  add,
  broadcast,
  div,
  matmul,
  max,
  mean,
  mul,
  oneHot,
  reshape,
  sum,
  type Tensor,
  transpose,
} from './tensor.js';
import { traceModel } from './trace.js';

/** The shape that a model gives a batch of samples of `inputShape`. */
function shapeOf(model: Model, inputShape: readonly number[]): Shape {
  const { nodes, outputs } = traceModel(model, inputShape);
  return nodes[outputs.output!]!.shape;
}

function errorOf(model: Model, inputShape: readonly number[]): LockstepError {
  try {
    traceModel(model, inputShape);
  } catch (error) {
    return error as LockstepError;
  }
  throw new Error('nothing was refused');
}

describe('a layer that does not fit', () => {
  test('says what it got, what it was built for and where it stands', () => {
    const model = sequential(relu(), linear(784, 128), relu(), linear(128, 64), linear(64, 10));
    const error = errorOf(model, [100]);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toBe(
      'linear: input has 100 features, the layer was built for 784 (layer 1 of 5)',
    );
  });

  test('says where it stands in nested models', () => {
    const model = sequential(flatten(), sequential(linear(6, 5), linear(4, 3)));
    expect(errorOf(model, [2, 3]).message).toMatch(
      /input has 5 features, the layer was built for 4 \(layer 1 of 2\) \(layer 1 of 2\)$/,
    );
  });

  test('asks for the flatten that was forgotten', () => {
    expect(errorOf(linear(784, 10), [1, 28, 28]).message).toMatch(
      /28 features, .* 784 \(input is \[N, 1, 28, 28\]; is a flatten\(\) missing\?\)/,
    );
  });
});

interface Refusal {
  readonly what: string;
  readonly model: Model;
  readonly shape: readonly number[];
  readonly code: string;
  readonly message: RegExp;
}

const parameter = (shape: readonly number[]): ((scope: Parameters<Model>[1]) => Tensor) => {
  return (scope) => scope.parameter('w', shape, zeros());
};

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a sum over the batch',
    model: (x) => sum(x, { axes: 0 }),
    shape: [3],
    code: 'shape',
    message: /sum: the batch axis of \[N, 3\] cannot be reduced/,
  },
  {
    what: 'a maximum over the batch, counted from the end',
    model: (x) => max(x, { axes: -2 }),
    shape: [3],
    code: 'shape',
    message: /max: the batch axis/,
  },
  {
    what: 'a mean over the batch among others',
    model: (x) => mean(x, { axes: [1, 0] }),
    shape: [3],
    code: 'shape',
    message: /mean: the batch axis/,
  },
  {
    what: 'an axis that is not there',
    model: (x) => sum(x, { axes: 2 }),
    shape: [3],
    code: 'shape',
    message: /axes \[2\] are not distinct axes of \[N, 3\]/,
  },
  {
    what: 'an axis twice',
    model: (x) => sum(x, { axes: [1, -1] }),
    shape: [3],
    code: 'shape',
    message: /not distinct/,
  },
  {
    what: 'half an axis',
    model: (x) => sum(x, { axes: 0.5 }),
    shape: [3],
    code: 'shape',
    message: /not distinct/,
  },
  {
    what: 'shapes that do not broadcast',
    model: (x, s) => add(x, parameter([4])(s)),
    shape: [2, 3],
    code: 'shape',
    message: /add: \[N, 2, 3\] and \[4\] do not broadcast \(axis -1: 3 and 4\)/,
  },
  {
    what: 'a constant in front of the batch axis',
    model: (x, s) => mul(x, parameter([2, 1, 3])(s)),
    shape: [3],
    code: 'shape',
    message: /batch axis must stay first/,
  },
  {
    what: 'a product of shapes that do not fit',
    model: (x, s) => matmul(x, parameter([4, 2])(s)),
    shape: [3],
    code: 'shape',
    message: /matmul: \[N, 3\] × \[4, 2\] does not fit/,
  },
  {
    what: 'a product with the batch inside',
    model: (x, s) => matmul(parameter([2, 3])(s), x),
    shape: [3],
    code: 'shape',
    message: /does not fit/,
  },
  {
    what: 'a batch product of different batches',
    model: (x, s) => matmul(x, parameter([2, 3, 3])(s)),
    shape: [3, 3],
    code: 'shape',
    message: /does not fit/,
  },
  {
    what: 'a reshape to another size',
    model: (x) => reshape(x, [4]),
    shape: [3],
    code: 'shape',
    message: /reshape: \[N, 3\] has 3 elements a sample, \[N, 4\] has 4/,
  },
  {
    what: 'a reshape that leaves a fraction over',
    model: (x) => reshape(x, [2, -1]),
    shape: [3],
    code: 'shape',
    message: /expected a whole number/,
  },
  {
    what: 'a reshape with two unknowns',
    model: (x) => reshape(x, [-1, -1]),
    shape: [3],
    code: 'shape',
    message: /only one length may be -1/,
  },
  {
    what: 'a reshape to seven axes',
    model: (x) => reshape(x, [1, 1, 1, 1, 1, 3]),
    shape: [3],
    code: 'shape',
    message: /7 axes, at most 6/,
  },
  {
    what: 'a transpose of one axis',
    model: (x) => transpose(x),
    shape: [3],
    code: 'shape',
    message: /needs two axes besides the batch/,
  },
  {
    what: 'a softmax over an axis of choice',
    model: (x) => (softmax as (x: Tensor, options: object) => Tensor)(x, { axis: 0 }),
    shape: [3],
    code: 'config',
    message: /softmax: it takes a tensor only, got an object besides; it is over the last axis/,
  },
  {
    what: 'a transpose by what is no list',
    model: (x) => transpose(x, { axis: 1 } as unknown as number[]),
    shape: [3, 2],
    code: 'config',
    message: /axes are an object, expected a list/,
  },
  {
    what: 'a transpose that moves the batch',
    model: (x) => transpose(x, [1, 0]),
    shape: [3],
    code: 'shape',
    message: /must stay first, got axes \[1, 0\]/,
  },
  {
    what: 'a transpose that names an axis twice',
    model: (x) => transpose(x, [0, 1, 1]),
    shape: [3, 3],
    code: 'shape',
    message: /not an order of the axes/,
  },
  {
    what: 'a broadcast that shrinks',
    model: (x) => broadcast(x, ['N', 1]),
    shape: [3],
    code: 'shape',
    message: /cannot become \[N, 1\]/,
  },
  {
    what: 'a softmax of single numbers',
    model: (x) => softmax(x),
    shape: [],
    code: 'shape',
    message: /needs a last axis/,
  },
  {
    what: 'a number that is not finite',
    model: (x) => add(x, Number.NaN),
    shape: [3],
    code: 'config',
    message: /add: NaN is not a finite float32/,
  },
  {
    what: 'a number that float32 cannot hold',
    model: (x) => mul(1e39, x),
    shape: [3],
    code: 'config',
    message: /1e\+39 is not a finite float32/,
  },
  {
    what: 'two numbers',
    model: () => div(1, 2),
    shape: [3],
    code: 'config',
    message: /at least one operand must be a tensor/,
  },
  {
    what: 'two parameters of one name',
    model: (x, s) => add(add(x, parameter([3])(s)), parameter([3])(s)),
    shape: [3],
    code: 'graph',
    message: /two parameters are called "w"/,
  },
  {
    what: 'a parameter with a name that files cannot hold',
    model: (x, s) => add(x, s.parameter('my weight', [3], zeros())),
    shape: [3],
    code: 'graph',
    message: /"my weight" is no name/,
  },
  {
    what: 'an output without a batch',
    model: (_, s) => parameter([3])(s),
    shape: [3],
    code: 'shape',
    message: /expected numbers with a batch axis/,
  },
  {
    what: 'a model that returns nothing',
    model: (() => undefined) as never,
    shape: [3],
    code: 'config',
    message: /gave no tensor/,
  },
  {
    what: 'a model that is no function',
    model: {} as never,
    shape: [3],
    code: 'config',
    message: /expected a function such as/,
  },
  {
    what: 'an input of seven axes',
    model: relu(),
    shape: [1, 1, 1, 1, 1, 1],
    code: 'shape',
    message: /model input: .* 7 axes/,
  },
];

test.each(REFUSALS)('refuses $what', ({ model, shape, code, message }) => {
  const error = errorOf(model, shape);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test('refuses a tensor of another model', () => {
  let foreign: Tensor | undefined;
  traceModel(
    (x) => {
      foreign = x;
      return x;
    },
    [3],
  );
  expect(errorOf((x) => add(x, foreign!), [3]).message).toMatch(/two different models/);
});

test('refuses layer options out of range when the layer is made', () => {
  for (const rate of [1, -0.1, Number.NaN]) expect(() => dropout(rate)).toThrow(ConfigError);
  for (const slope of [Infinity, 1e300]) expect(() => leakyRelu(slope)).toThrow(ConfigError);
  for (const size of [0, 2.5, -1]) {
    expect(() => linear(size, 3)).toThrow(/inFeatures/);
    expect(() => linear(3, size)).toThrow(/outFeatures/);
  }
});

test('refuses losses that do not fit the data', () => {
  const graph = traceModel(linear(3, 4), [3]);
  const labels = { targetShape: [], classes: 5 };
  expect(() => attachLoss(graph, crossEntropy(), labels)).toThrow(
    'cross-entropy: the output is [N, 4], the data has 5 classes, so it must be [N, 5]',
  );
  expect(() => attachLoss(graph, meanSquaredError(), labels)).toThrow(ShapeError);
  const values = { targetShape: [3], classes: undefined };
  expect(() => attachLoss(graph, meanSquaredError(), values)).toThrow(
    'mse: the output is [N, 4], the targets are [N, 3]',
  );
  for (const give of [() => undefined, (output: Tensor) => output, () => ({ loss: 0 })]) {
    const own = { name: 'own', build: give } as unknown as ReturnType<typeof crossEntropy>;
    expect(() => attachLoss(graph, own, values)).toThrow(
      "own: a loss's build must return { loss } or { loss, correct }",
    );
  }
  const misspelt = { name: 'own', build: (x: Tensor) => ({ loss: mean(x), wieght: mean(x) }) };
  expect(() => attachLoss(graph, misspelt, values)).toThrow(
    'own: a loss\'s build gave "wieght", expected loss, correct, counted, weight, positive; did you mean weight?',
  );
  for (const correct of [true, (output: Tensor) => output]) {
    const build = (output: Tensor) => ({
      loss: mean(output),
      correct: typeof correct === 'function' ? correct(output) : correct,
    });
    const own = { name: 'own', build } as unknown as ReturnType<typeof crossEntropy>;
    expect(() => attachLoss(graph, own, values)).toThrow(
      'own: correct must be one number a sample',
    );
  }
  const withLoss = attachLoss(graph, crossEntropy(), { targetShape: [], classes: 4 });
  expect(() => attachLoss(withLoss, crossEntropy(), { targetShape: [], classes: 4 })).toThrow(
    GraphError,
  );
});

describe('shapes', () => {
  test.each<[string, Model, number[], Shape]>([
    ['sum over all but the batch', (x) => sum(x), [2, 3], ['N']],
    ['sum over one axis', (x) => sum(x, { axes: 1 }), [2, 3], ['N', 3]],
    [
      'sum that keeps its axes',
      (x) => sum(x, { axes: [1, -1], keepDims: true }),
      [2, 3, 4],
      ['N', 1, 3, 1],
    ],
    ['sum over no axis', (x) => sum(x, { axes: [] }), [2, 3], ['N', 2, 3]],
    ['mean of single numbers', (x) => mean(x), [], ['N']],
    ['reshape with what is left over', (x) => reshape(x, [4, -1]), [2, 3, 4], ['N', 4, 6]],
    ['reshape to single numbers', (x) => reshape(x, []), [1], ['N']],
    ['flatten of single numbers', flatten(), [], ['N', 1]],
    ['transpose of the last two axes', (x) => transpose(x), [2, 3, 4], ['N', 2, 4, 3]],
    ['transpose by axes', (x) => transpose(x, [0, 3, 1, 2]), [2, 3, 4], ['N', 4, 2, 3]],
    [
      'product with more rows',
      (x, s) => matmul(x, parameter([4, 5])(s)),
      [2, 3, 4],
      ['N', 2, 3, 5],
    ],
    ['product of batches', (x) => matmul(x, transpose(x)), [3, 4], ['N', 3, 3]],
    ['broadcast of both sides', (x, s) => add(x, parameter([1, 5])(s)), [3, 1], ['N', 3, 5]],
  ])('%s', (_, model, inputShape, expected) => {
    expect(shapeOf(model, inputShape)).toEqual(expected);
  });

  test('labels become vectors', () => {
    const graph = attachLoss(
      traceModel(relu(), [4]),
      { name: 'own', build: (y, t) => ({ loss: sum(mul(y, oneHot(t, 4))) }) },
      { targetShape: [], classes: 4 },
    );
    const { loss } = runReference(graph, {
      rows: 2,
      precision: 'f64',
      parameters: [],
      input: [1, 2, 3, 4, 5, 6, 7, 8],
      target: [2, 0],
    });
    expect([...loss!.data]).toEqual([3, 5]);
  });
});

test('reductions over any axes, kept or not, are what plain loops give', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }),
      fc.subarray([1, 2, 3]),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 0 }),
      (inputShape, wanted, fromEnd, keepDims, seed) => {
        const rows = 2;
        const rank = inputShape.length + 1;
        const axes = wanted.filter((axis) => axis < rank);
        const asked = axes.map((axis) => (fromEnd ? axis - rank : axis)).reverse();
        const input = new Random(seed).floats(rows * product(inputShape));
        const shape = [rows, ...inputShape];
        const groups = new Map<number, number[]>();
        for (const [i, value] of input.entries()) {
          let rest = i;
          const index = shape.map(() => 0);
          for (let axis = rank - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
          }
          let to = 0;
          for (const [axis, dim] of shape.entries()) {
            if (!axes.includes(axis)) to = to * dim + index[axis]!;
          }
          groups.set(to, [...(groups.get(to) ?? []), value]);
        }
        const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
        const plain = {
          sum: total,
          mean: (values: number[]) => total(values) / values.length,
          max: (values: number[]) => Math.max(...values),
        };
        for (const [name, reduce] of Object.entries({ sum, mean, max })) {
          const graph = traceModel((x) => reduce(x, { axes: asked, keepDims }), inputShape);
          const { output } = runReference(graph, { rows, precision: 'f64', parameters: [], input });
          const expected = [...groups.keys()]
            .sort((a, b) => a - b)
            .map((key) => plain[name as keyof typeof plain](groups.get(key)!));
          const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
          expect(output!.shape).toEqual(
            keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis)),
          );
          // The same few terms in another grouping: a few roundings of 1e-16.
          for (const [i, value] of expected.entries()) {
            expect(Math.abs(output!.data[i]! - value)).toBeLessThan(1e-14);
          }
        }
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

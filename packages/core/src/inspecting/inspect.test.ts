// An inspection is what a pencil gives, what training takes, and the same by name for whoever asks.
import { describe, expect, test } from 'vitest';
import { fit } from '../fit.js';
import { zeros } from '../initializers/initializer.js';
import { relu, sigmoid, softmax, tanh } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { type Scope, sequential } from '../model/model.js';
import { add, matmul, mul, stopGradient, type Tensor } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { sgd } from '../optimizers/sgd.js';
import { initialParameters } from '../run/parameter-values.js';
import { stepper } from '../stepper.js';
import { Random } from '../testing/random.js';
import { inspect } from './inspect.js';

describe('a network of 2, 2 and 1 neurons', () => {
  const parameters = {
    '0.weight': [
      [0.15, 0.2],
      [0.25, 0.3],
    ],
    '0.bias': [0.35, 0.35],
    '2.weight': [[0.4, 0.45]],
    '2.bias': [0.6],
  };
  const options = {
    model: sequential(linear(2, 2), sigmoid(), linear(2, 1), sigmoid()),
    loss: meanSquaredError(),
    inputs: [[0.05, 0.1]],
    targets: [[0.01]],
    parameters,
  };

  test('is computed as by pencil, forward and back', () => {
    const { activations, gradients, loss, losses, output } = inspect({
      ...options,
      precision: 'f64',
    });
    const s = (z: number): number => 1 / (1 + Math.exp(-z));
    const x = [0.05, 0.1];
    const z = [0.15 * x[0]! + 0.2 * x[1]! + 0.35, 0.25 * x[0]! + 0.3 * x[1]! + 0.35];
    const a = z.map(s);
    const y = s(0.4 * a[0]! + 0.45 * a[1]! + 0.6);
    const d2 = 2 * (y - 0.01) * y * (1 - y);
    const d1 = [0.4, 0.45].map((w, j) => d2 * w * a[j]! * (1 - a[j]!));
    // Sums in another order differ in the last digits of float64.
    const near = (got: unknown, expected: readonly number[]): void => {
      const numbers = [got].flat(3) as number[];
      expect(numbers).toHaveLength(expected.length);
      for (const [i, value] of numbers.entries()) expect(value).toBeCloseTo(expected[i]!, 14);
    };
    near(activations['0']!.values, z);
    near(activations['1']!.values, a);
    near(activations['3']!.values, [y]);
    near(output.values, [y]);
    near(loss, [(y - 0.01) ** 2]);
    near(losses, [loss]);
    near(gradients['2.weight']!.values, [d2 * a[0]!, d2 * a[1]!]);
    near(gradients['2.bias']!.values, [d2]);
    near(
      gradients['0.weight']!.values,
      d1.flatMap((d) => x.map((xi) => d * xi)),
    );
    near(gradients['0.bias']!.values, d1);
    near(gradients['0']!.values, d1);
    near(gradients['1']!.values, [0.4 * d2, 0.45 * d2]);
    near(gradients.input!.values, [0.15 * d1[0]! + 0.25 * d1[1]!, 0.2 * d1[0]! + 0.3 * d1[1]!]);
    expect(gradients['0.weight']!.shape).toEqual([2, 2]);
  });

  test('has names for everything, each once', () => {
    const { activations, gradients, parameters: used } = inspect(options);
    const layers = ['0', '1', '2', '3', 'input', 'loss.sub', 'matmul', 'matmul:2'];
    expect(Object.keys(activations)).toEqual(expect.arrayContaining(layers));
    expect(Object.keys(used)).toEqual(Object.keys(parameters));
    expect(Object.keys(gradients).sort()).toEqual(
      [...Object.keys(used), ...Object.keys(activations)].sort(),
    );
    expect(activations['1']!.data).toBeInstanceOf(Float32Array);
    expect(JSON.parse(JSON.stringify(used['2.weight']))).toEqual([[0.4, 0.45].map(Math.fround)]);
  });
});

const random = new Random(4);
const data = {
  name: 'points',
  samples: 6,
  inputs: Uint8Array.from({ length: 18 }, () => random.integer(0, 255)),
  inputShape: [3],
  inputDivisor: 255,
  targets: Int32Array.of(0, 1, 2, 2, 1, 0),
  targetShape: [],
  classes: 3,
  classNames: ['lime', 'willow', 'birch'],
};

describe('float32', () => {
  test.each([
    ['', {}],
    [' with weights of classes', { classWeights: [1, 2, 0.5] }],
  ])('gradients are those of a step%s, but for the rounding of sums', (_, options) => {
    const model = sequential(linear(3, 4), tanh(), dropout(0.4), linear(4, 3));
    const loss = crossEntropy(options);
    const run = stepper({ model, data, loss, optimizer: sgd(), seed: 5, shuffle: false });
    const step = run.backward([...run.epoch()][0]!);
    const { inputs, inputDivisor } = data;
    const seen = inspect({
      ...{
        model,
        loss,
        inputs,
        inputShape: [3],
        inputDivisor,
        targets: [0, 1, 2, 2, 1, 0],
        seed: 5,
      },
    });
    expect(seen.loss).toBeCloseTo(step.loss, 6);
    for (const [name, { data: expected }] of step.gradients) {
      const { data: got } = seen.gradients[name]!;
      for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 6);
    }
  });
});

describe('a trained model', () => {
  const { trained } = fit({
    model: sequential(linear(3, 4), tanh(), dropout(0.4), linear(4, 3)),
    data,
    loss: crossEntropy(),
    optimizer: sgd({ learningRate: 1 }),
    epochs: 5,
  });

  test('is looked at as it answers, with its own loss, and classes by name', () => {
    const inputs = data.inputs.subarray(0, 6);
    const seen = inspect({ trained, inputs, targets: ['willow', 'birch'] });
    const answers = trained.predict(inputs);
    for (const [i, value] of answers.entries()) expect(seen.output.data[i]).toBeCloseTo(value, 6);
    expect(seen.activations.input!.data[0]).toBe(Math.fround(data.inputs[0]! / 255));
    expect(Object.keys(seen.activations)).toEqual(expect.arrayContaining(['0', '1', '3']));
    expect(inspect({ trained, inputs, targets: [1, 2] })).toEqual(seen);
    expect(inspect({ trained, inputs, targets: [1, 2], training: true })).not.toEqual(seen);
  });

  test('takes a dataset with its targets', () => {
    const seen = inspect({ trained, inputs: data });
    expect(seen).toEqual(inspect({ trained, inputs: data, targets: [0, 1, 2, 2, 1, 0] }));
    expect(seen.loss).toBeCloseTo(trained.evaluate(data).loss, 6);
    const turned = { ...data, classNames: ['willow', 'lime', 'birch'], samples: 2 };
    const two = { ...turned, inputs: data.inputs.subarray(0, 6), targets: Int32Array.of(1, 0) };
    expect(inspect({ trained, inputs: two }).losses).toEqual(seen.losses.slice(0, 2));
  });

  test('may be asked by another loss and with other parameters', () => {
    const seen = inspect({
      trained,
      inputs: data,
      targets: Array.from({ length: 6 }, () => [0, 0, 0]),
      loss: meanSquaredError(),
      parameters: {
        ...Object.fromEntries(trained.parameters),
        '3.weight': Array.from({ length: 3 }, () => [0, 0, 0, 0]),
      },
    });
    const [b0, b1, b2] = trained.parameters.get('3.bias')!.data as unknown as number[];
    expect(seen.loss).toBeCloseTo((b0! ** 2 + b1! ** 2 + b2! ** 2) / 3, 6);
  });
});

describe('models of all kinds', () => {
  test('functions, tied weights, stopped gradients, buffers', () => {
    const tied = linear(2, 2, { bias: false });
    const { gradients, activations } = inspect({
      model: (x, scope) => {
        const offset = scope.buffer('offset', [2], zeros());
        const code = relu(tied(add(x, offset), scope.child('encoder')));
        const stopped = stopGradient(code);
        return matmul(mul(add(code, stopped), 0.5), tied.parameter('weight', scope));
      },
      loss: meanSquaredError(),
      inputs: [[1, 2]],
      targets: [[0, 0]],
      parameters: {
        'encoder.weight': [
          [1, 0],
          [0, 1],
        ],
      },
      precision: 'f64',
    });
    expect(activations.encoder!.values).toEqual([[1, 2]]);
    // Of the output [1, 2]; through the decoder code × d, through the encoder half of d × input.
    expect(gradients['encoder.weight']!.values).toEqual([
      [1.5, 3],
      [3, 6],
    ]);
    expect(gradients.stopGradient!.values).toEqual([[0.5, 1]]);
  });

  test('without loss and targets go forward alone', () => {
    const model = sequential(linear(2, 1), relu());
    const parameters = { '0.weight': [[1, -2]], '0.bias': [0.5] };
    const seen = inspect({
      model,
      inputs: [
        [1, 2],
        [3, 1],
      ],
      parameters,
    });
    expect(seen.output.values).toEqual([[0], [1.5]]);
    expect(seen.activations['0']!.values).toEqual([[-2.5], [1.5]]);
    expect(seen).not.toHaveProperty('loss');
    const graph = attachLoss(traceModel(model, [2]), meanSquaredError(), {
      targetShape: [1],
      classes: undefined,
    });
    expect(inspect({ model: graph, inputs: [1, 2, 3, 1], parameters })).toEqual(seen);
  });

  test('with several inputs and outputs by name', () => {
    const model = ({ a, b }: Record<string, Tensor>, scope: Scope) => ({
      sum: linear(1, 1)(add(a!, b!), scope.child('sum')),
      first: mul(a!, 3),
    });
    const [inputParts, targetParts] = [
      [
        { name: 'a', shape: [1] },
        { name: 'b', shape: [1] },
      ],
      [
        { name: 'sum', shape: [1] },
        { name: 'first', shape: [1] },
      ],
    ];
    const inputs = {
      ...{ name: 'pairs', samples: 2, inputDivisor: 1, classes: undefined },
      ...{
        inputs: [
          [1, 10],
          [2, 20],
        ],
        inputShape: [2],
        inputParts,
      },
      ...{
        targets: [
          [12, 3],
          [23, 6],
        ],
        targetShape: [2],
        targetParts,
      },
    };
    const seen = inspect({
      model: model as never,
      loss: { sum: meanSquaredError(), first: meanSquaredError() },
      inputs,
      parameters: { 'sum.weight': [[1]], 'sum.bias': [0] },
    });
    expect(seen.activations.sum!.values).toEqual([[11], [22]]);
    expect(seen.losses).toEqual([1, 1]);
    expect(seen.gradients['sum.bias']!.values).toEqual([-2]);
  });

  test('without parameters are those that fit begins with', () => {
    const model = linear(2, 1);
    const drawn = initialParameters(traceModel(model, [2]), 7);
    const given = { model, loss: binaryCrossEntropy(), inputs: [[1, 2]], targets: [1] };
    const seen = inspect({ ...given, seed: 7 });
    expect(seen.parameters.weight!.data).toEqual(drawn.get('weight')!.data);
    expect(seen).toEqual(inspect({ ...given, parameters: drawn }));
    expect(seen).toEqual(inspect({ ...given, model: traceModel(model, [2]), parameters: drawn }));
  });
});

describe('what cannot be inspected is refused', () => {
  const good = { model: linear(2, 3), loss: crossEntropy(), inputs: [[1, 2]], targets: [0] };
  test.each<[string, object, RegExp]>([
    ['no model', { ...good, model: undefined }, /expected either model or trained/],
    [
      'a class by a name',
      { ...good, targets: ['a'] },
      /"a" is no class .* has no names of classes/,
    ],
    ['no targets', { ...good, targets: undefined }, /targets are nothing; expected a list/],
    ['a result', { ...good, model: undefined, trained: {} }, /expected a trained model, as fit/],
    [
      'inputs by name',
      { ...good, inputs: { a: [[1, 2]] } },
      /inputs by name \(a\) come as one dataset/,
    ],
    [
      'targets by name',
      { ...good, targets: { y: [0] } },
      /targets by name \(y\) come as one dataset/,
    ],
    [
      'a shape that is none',
      { ...good, inputShape: 2 },
      /inputShape is 2, expected a list of lengths/,
    ],
    ['a divisor of nothing', { ...good, inputDivisor: 0 }, /inputDivisor must be .* > 0, got 0/],
    ['no inputs', { ...good, inputs: undefined }, /inspect: inputs are undefined/],
    ['a model that is none', { ...good, model: 3 }, /expected a function such as/],
    ['no loss', { ...good, loss: undefined }, /the model has no loss; give one/],
    ['a precision that is none', { ...good, precision: 'f16' }, /precision is "f16"/],
    ['a row that is no list', { ...good, inputs: [1, 2] }, /give one row as \[\[1, 2\]\]/],
    ['a class too many', { ...good, targets: [3] }, /label of sample 0 is 3/],
    [
      'too many targets',
      {
        ...good,
        targets: [
          [0, 1, 0],
          [1, 0, 0],
        ],
      },
      /2 target rows, expected 1/,
    ],
    ['values that are no distribution', { ...good, targets: [[1, 1, 0]] }, /targets sum to 2/],
    ["parameters that are not the model's", { ...good, parameters: { w: [1] } }, /"w" is not in/],
    [
      'a softmax too many columns',
      { ...good, model: sequential(linear(3, 3), softmax()) },
      /linear: input has 2/,
    ],
    ['an option of another', { ...good, steps: 3 }, /unknown option "steps"/],
  ])('%s', (_, options, message) => {
    expect(() => inspect(options as never)).toThrow(message);
  });
});

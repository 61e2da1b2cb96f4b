// Activations, losses and the linear layer against PyTorch's values, forward and backward: the WebAssembly
// kernels against its float32, the reference executor against its float64.
import {
  add,
  binaryCrossEntropy,
  crossEntropy,
  type Dataset,
  gelu,
  type Layer,
  type Loss,
  leakyRelu,
  linear,
  logSoftmax,
  meanSquaredError,
  mul,
  type Parameters,
  predict,
  relu,
  sigmoid,
  softmax,
  step,
  sum,
  tanh,
  zeros,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import {
  type GoldenActivation,
  type GoldenLoss,
  type GoldenTensor,
  goldenOperators,
} from './golden.js';
import {
  type BatchResult,
  kernelBatch,
  mixedDistance,
  type OneBatch,
  referenceBatch,
} from './one-batch.js';

const golden = goldenOperators();

/** float32: see README.md. */
const SINGLE = 1e-6;
/** Sums of up to 64 products in an unknown order: see README.md. */
const SINGLE_SUMS = 5e-6;
/** float64: our exp, log and erfc are within a few 1e-16, but a softmax takes differences of numbers of 1e4, whose
 * float64 neighbours are 1.8e-12 apart. Measured: 1.6e-13. */
const DOUBLE = 1e-12;

const ACTIVATIONS: Readonly<Record<GoldenActivation['name'], Layer>> = {
  relu: relu(),
  leaky_relu: leakyRelu(0.01),
  sigmoid: sigmoid(),
  tanh: tanh(),
  gelu: gelu(),
  softmax: softmax(),
  log_softmax: logSoftmax(),
  step: step(),
};

/** The model's output is the loss. */
const IDENTITY: Loss = { name: 'identity', build: (output) => ({ loss: output }) };

function dataset(inputs: GoldenTensor, targets: GoldenTensor<Float32Array | Int32Array>): Dataset {
  return {
    name: 'golden',
    samples: inputs.shape[0]!,
    inputShape: inputs.shape.slice(1),
    inputs: inputs.values,
    inputDivisor: 1,
    targetShape: targets.shape.slice(1),
    targets: targets.values,
    classes: targets.values instanceof Int32Array ? inputs.shape[1] : undefined,
  };
}

function named(tensors: Readonly<Record<string, GoldenTensor>>): Parameters {
  return new Map(
    Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, data: values }]),
  );
}

/** Row `row` of a batch, as a batch of one. */
function rowOf<A extends Float32Array | Int32Array>(
  { shape, values }: GoldenTensor<A>,
  row: number,
): GoldenTensor<A> {
  const size = values.length / shape[0]!;
  return {
    shape: [1, ...shape.slice(1)],
    values: values.slice(row * size, (row + 1) * size) as A,
  };
}

describe.each(golden.activations.map((activation) => [activation.name, activation] as const))(
  '%s',
  (name, activation) => {
    const layer = ACTIVATIONS[name];
    const { input, upstreamGradient } = activation;
    // One sample: the upstream gradient. The activation's input is a parameter, so that it gets a gradient.
    const batch: OneBatch = {
      model: (upstream, scope) =>
        sum(mul(layer(scope.parameter('x', input.shape, zeros()), scope), upstream)),
      loss: IDENTITY,
      data: dataset(
        { shape: [1, ...upstreamGradient.shape], values: upstreamGradient.values },
        { shape: [1], values: new Float32Array(1) },
      ),
      parameters: named({ x: input }),
    };

    test('gives the values that PyTorch gives', () => {
      const isRow = input.shape.length === 2;
      const outputs = predict({
        model: layer,
        parameters: new Map(),
        inputs: input.values,
        inputShape: isRow ? input.shape.slice(1) : [],
      });
      expect(mixedDistance(outputs, activation.output.values)).toBeLessThan(SINGLE);
      expect(mixedDistance(outputs, activation.float64.output.values)).toBeLessThan(SINGLE);
    });

    test('gives the gradients that PyTorch gives', () => {
      const { gradients } = kernelBatch(batch);
      expect(mixedDistance(gradients.get('x')!, activation.inputGradient.values)).toBeLessThan(
        SINGLE,
      );
    });

    test('gives the float64 gradients on the reference executor', () => {
      const { gradients } = referenceBatch(batch);
      const expected = activation.float64.inputGradient.values;
      expect(mixedDistance(gradients.get('x')!, expected)).toBeLessThan(DOUBLE);
    });
  },
);

const LOSSES: Readonly<Record<GoldenLoss['name'], Loss>> = {
  mse: meanSquaredError(),
  cross_entropy_labels: crossEntropy(),
  cross_entropy_probabilities: crossEntropy(),
  bce_with_logits: binaryCrossEntropy(),
};

describe.each(golden.losses.map((loss) => [`${loss.name}, ${loss.case}`, loss] as const))(
  '%s',
  (_, { name, input, target, loss, inputGradient, float64 }) => {
    const rows = input.shape[0]!;
    const zero = { shape: input.shape.slice(1), values: new Float32Array(input.shape[1]!) };

    /** Each sample by itself, since a parameter's gradient is a sum over samples; then their means. */
    function means(run: (batch: OneBatch) => BatchResult<Float32Array | Float64Array>): {
      loss: number;
      gradient: number[];
    } {
      const results = Array.from({ length: rows }, (_, row) =>
        run({
          model: (x, scope) => add(x, scope.parameter('zero', zero.shape, zeros())),
          loss: LOSSES[name],
          data: dataset(rowOf(input, row), rowOf(target, row)),
          parameters: named({ zero }),
        }),
      );
      return {
        loss: results.reduce((total, { lossSum }) => total + lossSum, 0) / rows,
        gradient: results.flatMap(({ gradients }) =>
          Array.from(gradients.get('zero')!, (value) => value / rows),
        ),
      };
    }

    test('has the value and gradient that PyTorch has', () => {
      const ours = means(kernelBatch);
      expect(mixedDistance([ours.loss], [loss])).toBeLessThan(SINGLE);
      expect(mixedDistance(ours.gradient, inputGradient.values)).toBeLessThan(SINGLE);
    });

    test('has the float64 value and gradient on the reference executor', () => {
      const ours = means(referenceBatch);
      expect(mixedDistance([ours.loss], [float64.loss])).toBeLessThan(DOUBLE);
      expect(mixedDistance(ours.gradient, float64.inputGradient.values)).toBeLessThan(DOUBLE);
    });
  },
);

describe.each(
  golden.linear.map(
    (layer) =>
      [
        `linear ${layer.input.shape} × ${layer.weight.shape}${layer.bias ? '' : ', no bias'}`,
        layer,
      ] as const,
  ),
)('%s', (_, layer) => {
  const { input, weight, bias, upstreamGradient } = layer;
  const [out, inputs] = weight.shape as [number, number];
  const zero = { shape: [inputs], values: new Float32Array(inputs) };
  const batchOf = (x: GoldenTensor, upstream: GoldenTensor): OneBatch => ({
    model: (data, scope) => {
      const shifted = add(data, scope.parameter('zero', [inputs], zeros()));
      return linear(inputs, out, { bias: bias !== undefined })(shifted, scope);
    },
    loss: { name: 'weighted', build: (y, weights) => ({ loss: sum(mul(y, weights)) }) },
    data: dataset(x, upstream),
    parameters: named({ zero, weight, ...(bias && { bias }) }),
  });

  test('gives the outputs that PyTorch gives', () => {
    const outputs = predict({
      model: linear(inputs, out, { bias: bias !== undefined }),
      parameters: named({ weight, ...(bias && { bias }) }),
      inputs: input.values,
      inputShape: [inputs],
    });
    expect(mixedDistance(outputs, layer.output.values)).toBeLessThan(SINGLE_SUMS);
  });

  test.each([
    ['PyTorch', kernelBatch, layer, SINGLE_SUMS],
    ['float64, on the reference executor', referenceBatch, layer.float64, DOUBLE],
  ] as const)('gives the gradients of %s', (_, run, expected, tolerance) => {
    const { gradients } = run(batchOf(input, upstreamGradient));
    expect(mixedDistance(gradients.get('weight')!, expected.weightGradient.values)).toBeLessThan(
      tolerance,
    );
    if (bias) {
      expect(mixedDistance(gradients.get('bias')!, expected.biasGradient!.values)).toBeLessThan(
        tolerance,
      );
    }
    const inputGradients = Array.from(
      { length: input.shape[0]! },
      (_, row) =>
        run(batchOf(rowOf(input, row), rowOf(upstreamGradient, row))).gradients.get('zero')!,
    );
    const flat = inputGradients.flatMap((gradient) => Array.from(gradient));
    expect(mixedDistance(flat, expected.inputGradient.values)).toBeLessThan(tolerance);
  });
});

// Functions of elements, selections, products with broadcast leading axes and arrangements against PyTorch's values, forward and
// backward, ties and bends included: the kernels in float32, the reference executor in float64.
import {
  abs,
  add,
  clamp,
  concat,
  cos,
  elu,
  gelu,
  greater,
  hardsigmoid,
  hardswish,
  hardtanh,
  type Loss,
  logSigmoid,
  matmul,
  maximum,
  min,
  minimum,
  mul,
  pow,
  relu6,
  silu,
  sin,
  softplus,
  square,
  stack,
  std,
  sum,
  type Tensor,
  take,
  transpose,
  variance,
  where,
  zeros,
} from '@lockstep/core';
import { expect, test } from 'vitest';
import { type GoldenElements, goldenElements } from './golden.js';
import { kernelBatch, mixedDistance, type OneBatch, referenceBatch } from './one-batch.js';

type Operands = readonly [Tensor, Tensor, Tensor];

const FUNCTIONS: Readonly<Record<string, (...operands: Operands) => Tensor>> = {
  silu: (x) => silu(x),
  elu: (x) => elu(x),
  'elu 0.5': (x) => elu(x, 0.5),
  softplus: (x) => softplus(x),
  'softplus 2 1': (x) => softplus(x, 2, 1),
  hardswish: (x) => hardswish(x),
  hardtanh: (x) => hardtanh(x),
  relu6: (x) => relu6(x),
  'clamp -0.5 3': (x) => clamp(x, -0.5, 3),
  abs,
  sin,
  cos,
  square,
  'pow 3 signed': (x) => pow(x, 3),
  'pow 7 signed': (x) => pow(x, 7),
  maximum,
  minimum,
  'maximum row': maximum,
  where: (a, b) => where(greater(a, b), a, mul(b, 2)),
  min: (x) => min(x, { axes: -1 }),
  variance: (x) => variance(x, { axes: -1 }),
  'std 0': (x) => std(x, { axes: -1, correction: 0 }),
  concat: (...tensors) => concat(tensors, 1),
  stack: (a, b) => stack([a, b], 1),
  'matmul heads': matmul,
  'matmul shared': matmul,
  'matmul stretched': matmul,
  'matmul wide': matmul,
  'six axes': (x) => transpose(x, [0, 5, 3, 1, 4, 2]),
  logSigmoid,
  hardsigmoid,
  'gelu tanh': (x) => gelu(x, { approximate: 'tanh' }),
  'take 0': (x) => take(x, [1, 0, 1], 0),
  'take 1': (x) => take(x, [1, -3, 1], 1),
  'take 2': (x) => take(x, Int32Array.of(1, 0, 1)),
};

/** Of `pow 1.75` and its kind the exponent stands in the name. */
function functionOf(name: string): (...operands: Operands) => Tensor {
  const [, exponent] = /^pow (\S+)$/.exec(name) ?? [];
  return exponent === undefined ? FUNCTIONS[name]! : (x) => pow(x, Number(exponent));
}

/** The model's output is the loss. */
const IDENTITY: Loss = { name: 'identity', build: (output) => ({ loss: output }) };

/** Operands and upstream gradient are parameters: the gradient of the latter is what the function gives. */
function batchOf({ name, inputs, upstream }: GoldenElements): OneBatch {
  const given = { ...Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])), upstream };
  return {
    model(sample, scope) {
      const [last, ...operands] = Object.entries(given)
        .map(([key, { shape }]) => scope.parameter(key, shape, zeros()))
        .reverse();
      const result = functionOf(name)(...(operands.reverse() as unknown as Operands));
      return add(sum(mul(result, last!)), sum(sample));
    },
    loss: IDENTITY,
    data: {
      name: 'golden',
      samples: 1,
      inputShape: [1],
      inputs: new Float32Array(1),
      inputDivisor: 1,
      targetShape: [1],
      targets: new Float32Array(1),
      classes: undefined,
    },
    parameters: new Map(
      Object.entries(given).map(([key, { shape, values }]) => [key, { shape, data: values }]),
    ),
  };
}

/** A few roundings of numbers of about 1, and sums of up to five products. */
const SINGLE = 2e-6;
/** float64: exp, log, sin and cos are within a few 1e-16; an angle or a power multiplies that by up to 1e2. */
const DOUBLE = 1e-13;

test.each(goldenElements().map((one) => [one.name, one] as const))('%s', (_, golden) => {
  const batch = batchOf(golden);
  for (const [{ gradients }, tolerance] of [
    [kernelBatch(batch), SINGLE],
    [referenceBatch(batch), DOUBLE],
  ] as const) {
    expect(mixedDistance(gradients.get('upstream')!, golden.output.values)).toBeLessThan(tolerance);
    for (const [i, gradient] of golden.gradients.entries()) {
      expect(mixedDistance(gradients.get(`x${i}`)!, gradient.values)).toBeLessThan(tolerance);
    }
  }
});

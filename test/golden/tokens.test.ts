// Embeddings under a cross-entropy of positions, and losses of numbers and margins, against PyTorch's values, forward and
// backward: the WebAssembly kernels against its float32, the reference executor against its float64.
import {
  add,
  crossEntropy,
  embedding,
  gather,
  huberLoss,
  klDivLoss,
  type Loss,
  l1Loss,
  multiMarginLoss,
  smoothL1Loss,
  square,
  sum,
  zeros,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { describe, expect, test } from 'vitest';
import { type GoldenTensor, readJson } from './golden.js';
import { kernelBatch, mixedDistance, type OneBatch, referenceBatch } from './one-batch.js';

interface Expected {
  readonly float32: { readonly loss: number; readonly gradient: GoldenTensor };
  readonly float64: { readonly loss: number; readonly gradient: GoldenTensor<Float64Array> };
}

interface GoldenPositions extends Expected {
  readonly name: string;
  readonly tokens: GoldenTensor<Int32Array>;
  readonly labels: GoldenTensor<Int32Array>;
  readonly table: GoldenTensor;
  readonly padding: number | null;
  readonly smoothing: number;
  readonly weights: GoldenTensor | null;
}

interface GoldenNumbers extends Expected {
  readonly name: string;
  readonly options: object;
  readonly input: GoldenTensor;
  readonly target: GoldenTensor<Float32Array | Int32Array>;
}

interface GoldenGathered extends Expected {
  readonly axis: number;
  readonly tokens: GoldenTensor<Int32Array>;
  readonly table: GoldenTensor;
}

const { positions, losses, gathered } = readJson('tokens.json') as {
  positions: readonly GoldenPositions[];
  losses: readonly GoldenNumbers[];
  gathered: readonly GoldenGathered[];
};

/** Sums of some twenty rounded terms, each within 2 ulp of what it should be. */
const SINGLE = 5e-6;
/** Sums in another order, and our own exp and log, to a few units in the last place. */
const DOUBLE = 1e-12;

describe.each(positions.map((one) => [one.name, one] as const))('positions: %s', (_, golden) => {
  const { tokens, labels, table, padding, smoothing, weights } = golden;
  const [vocabulary, classes] = table.shape as [number, number];
  const batch: OneBatch = {
    model: embedding(vocabulary, classes, padding === null ? {} : { paddingIndex: padding }),
    loss: crossEntropy({
      labelSmoothing: smoothing,
      ...(weights && { classWeights: [...weights.values] }),
    }),
    data: fromArrays({
      ...{ inputs: tokens.values, inputShape: tokens.shape.slice(1), vocabulary },
      ...{ labels: labels.values, targetShape: labels.shape.slice(1), classes },
    }),
    parameters: new Map([['weight', { shape: table.shape, data: table.values }]]),
  };

  test('have the loss and the gradient that PyTorch has', () => {
    const { lossSum, gradients } = kernelBatch(batch);
    const { loss, gradient } = golden.float32;
    expect(mixedDistance([lossSum], [loss])).toBeLessThan(SINGLE);
    expect(mixedDistance(gradients.get('weight')!, gradient.values)).toBeLessThan(SINGLE);
  });

  test('have the float64 loss and gradient on the reference executor', () => {
    const { lossSum, gradients } = referenceBatch(batch);
    const { loss, gradient } = golden.float64;
    expect(mixedDistance([lossSum], [loss])).toBeLessThan(DOUBLE);
    expect(mixedDistance(gradients.get('weight')!, gradient.values)).toBeLessThan(DOUBLE);
  });
});

const LOSSES: Readonly<Record<string, (options: never) => Loss>> = {
  huber: huberLoss,
  'kl-div': klDivLoss,
  l1: l1Loss,
  'multi-margin': multiMarginLoss,
  'smooth-l1': smoothL1Loss,
};

describe.each(losses.map((one) => [`${one.name} ${JSON.stringify(one.options)}`, one] as const))(
  '%s',
  (_, { name, options, input, target, float32, float64 }) => {
    const [rows = 0, ...shape] = input.shape;
    const size = input.values.length / rows;

    /** Each sample by itself, since a parameter's gradient is a sum over samples. */
    function sums(
      run: (batch: OneBatch) => ReturnType<typeof kernelBatch | typeof referenceBatch>,
    ) {
      const results = Array.from({ length: rows }, (_, row) => {
        const part = <A extends Float32Array | Int32Array>(values: A): number[] =>
          Array.from(
            values.subarray((row * values.length) / rows, ((row + 1) * values.length) / rows),
          );
        const targets = part(target.values as Float32Array);
        return run({
          model: (x, scope) => add(x, scope.parameter('zero', shape, zeros())),
          loss: LOSSES[name]!(options as never),
          data: fromArrays({
            ...{ inputs: part(input.values), inputShape: shape },
            ...(target.values instanceof Int32Array
              ? { labels: targets, classes: size }
              : { targets, targetShape: shape }),
          }),
          parameters: new Map([['zero', { shape, data: new Float32Array(size) }]]),
        });
      });
      return {
        loss: results.reduce((total, { lossSum }) => total + lossSum, 0),
        gradient: results.flatMap(({ gradients }) => [...gradients.get('zero')!]),
      };
    }

    test('has the value and gradient that PyTorch has', () => {
      const ours = sums(kernelBatch);
      expect(mixedDistance([ours.loss], [float32.loss])).toBeLessThan(SINGLE);
      expect(mixedDistance(ours.gradient, float32.gradient.values)).toBeLessThan(SINGLE);
    });

    test('has the float64 value and gradient on the reference executor', () => {
      const ours = sums(referenceBatch);
      expect(mixedDistance([ours.loss], [float64.loss])).toBeLessThan(DOUBLE);
      expect(mixedDistance(ours.gradient, float64.gradient.values)).toBeLessThan(DOUBLE);
    });
  },
);

describe.each(gathered.map((one, i) => [i, one] as const))('what is gathered, %i', (_, golden) => {
  const { axis, tokens, table } = golden;
  const [vocabulary, size] = table.shape as [number, number];
  const batch: OneBatch = {
    model(x, scope) {
      const rows = embedding(vocabulary, size)(x, scope);
      const taken = gather(rows, x, axis);
      return sum(square(taken));
    },
    loss: { name: 'identity', build: (output) => ({ loss: output }) },
    data: fromArrays({
      ...{ inputs: tokens.values, inputShape: tokens.shape.slice(1), vocabulary },
      ...{ targets: new Float32Array(tokens.shape[0]!), targetShape: [1] },
    }),
    parameters: new Map([['weight', { shape: table.shape, data: table.values }]]),
  };

  test('has the loss and the gradient that PyTorch has, on the kernels and on the reference executor', () => {
    const ours = kernelBatch(batch);
    expect(mixedDistance([ours.lossSum], [golden.float32.loss])).toBeLessThan(SINGLE);
    expect(
      mixedDistance(ours.gradients.get('weight')!, golden.float32.gradient.values),
    ).toBeLessThan(SINGLE);
    const exact = referenceBatch(batch);
    expect(mixedDistance([exact.lossSum], [golden.float64.loss])).toBeLessThan(DOUBLE);
    expect(
      mixedDistance(exact.gradients.get('weight')!, golden.float64.gradient.values),
    ).toBeLessThan(DOUBLE);
  });
});

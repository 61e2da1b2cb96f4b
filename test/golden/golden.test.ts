// Checks that the golden files are read as they were written and that both languages agree on the initial weights.
// Not a test of the engine: it compares the files with themselves and with literals that Python printed.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type GoldenTensor,
  goldenFinalWeights,
  goldenInitialisers,
  goldenOperators,
  goldenOptimizers,
  goldenSchedules,
  goldenTraining,
  goldenWeights,
} from './golden.js';

/** SHA-256 of the values as little-endian float32, as Python takes it. */
function sha256(values: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    bytes.setFloat32(4 * i, value, true);
  });
  return createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex');
}

function isTensor(value: unknown): value is GoldenTensor<ArrayLike<number>> {
  return typeof value === 'object' && value !== null && 'shape' in value && 'values' in value;
}

/** Every tensor anywhere inside `value`. */
function tensorsIn(value: unknown): GoldenTensor<ArrayLike<number>>[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return isTensor(value) ? [value] : Object.values(value).flatMap(tensorsIn);
}

const training = goldenTraining();

describe('initial weights', () => {
  for (const [name, golden] of Object.entries(training.initialWeights.tensors)) {
    test(`${name} has the bits that Python computed`, () => {
      const values = goldenWeights(name, golden.shape);
      expect([...values.subarray(0, 4)]).toEqual(golden.first.map(Math.fround));
      expect([...values.subarray(-2)]).toEqual(golden.last.map(Math.fround));
      expect(sha256(values)).toBe(golden.sha256);
    });
  }

  test('a few literal values of layers.0.weight, so that files and formula cannot drift together', () => {
    const values = goldenWeights('layers.0.weight', [128, 784]);
    expect([...values.subarray(0, 3)]).toEqual(
      [-0.022762217, -0.027695261, 0.01363885].map(Math.fround),
    );
  });

  test('an unknown tensor is refused by name', () => {
    expect(() => goldenWeights('layers.1.weight', [2])).toThrow(/no tensor is called "layers.1.w/);
  });
});

describe('the 200-step runs', () => {
  for (const run of Object.values(training.runs)) {
    test(`${run.optimizer.kind}: 200 losses that fall, and final weights with the hash written beside them`, () => {
      expect(run.losses).toHaveLength(training.steps);
      expect(run.float64.losses).toHaveLength(training.steps);
      expect(run.losses[199]!).toBeLessThan(run.losses[0]! / 3);
      const weights = goldenFinalWeights(run);
      expect(weights).toHaveLength(109_386);
      expect(sha256(weights)).toBe(run.weights.sha256);
    });

    test(`${run.optimizer.kind}: float64 agrees so closely that no ReLU changed sides between the two`, () => {
      // Rounding alone gives 1e-7 to 8e-6; a ReLU input whose sign rounding decides gave up to 5e-3.
      expect(run.float64.largestRelativeLossDifference).toBeLessThan(2e-6);
      expect(run.float64.largestWeightDifference).toBeLessThan(1e-5);
    });
  }

  test('both optimizers start from the same loss, since they start from the same weights and batch', () => {
    expect(training.runs.adam.losses[0]).toBe(training.runs.sgd.losses[0]);
  });
});

describe('the files', () => {
  test('every tensor has as many values as its shape says, all of them finite', () => {
    const tensors = tensorsIn([goldenOperators(), goldenOptimizers()]);
    expect(tensors.length).toBeGreaterThan(200);
    for (const { shape, values } of tensors) {
      expect(values).toHaveLength(shape.reduce((count, length) => count * length, 1));
      expect(Array.from(values).every(Number.isFinite)).toBe(true);
    }
  });

  test('signed zeros and subnormals survive: relu sees 0, -0, 1e-40', () => {
    const relu = goldenOperators().activations.find((activation) => activation.name === 'relu')!;
    expect(relu.input.values[0]).toBe(0);
    expect(relu.input.values[1]).toBe(-0);
    expect(relu.input.values[2]).toBe(Math.fround(1e-40));
  });

  test('values stored as base64 agree with the float64 run of the same case', () => {
    const large = goldenOperators().linear.find(({ input }) => input.values.length > 1000)!;
    const exact = large.float64.output.values;
    // A sum of 17 products of size 1, each rounded to 2^-24 relative: 1e-5 is far above, any wrong byte order far below.
    large.output.values.forEach((value, i) => {
      expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-5);
    });
  });

  test('every optimizer has one learning rate and one row of parameters a step', () => {
    const { cases, gradients, initial } = goldenOptimizers();
    expect(cases.map(({ name }) => name)).toContain('adamw, weight decay 0.1');
    for (const { learningRates, parameters } of cases) {
      expect(parameters.shape).toEqual(gradients.shape);
      expect(parameters.shape).toEqual([learningRates.length, initial.values.length]);
    }
  });

  test('torch and the plain formula give every schedule the same learning rates', () => {
    expect(goldenSchedules()).toHaveLength(7);
    for (const { torch, formula } of goldenSchedules()) {
      expect(torch.length).toBeGreaterThan(30);
      // torch multiplies the last rate by a factor each step: 40 roundings of 1.1e-16 relative.
      torch.forEach((rate, t) => {
        expect(Math.abs(rate / formula[t]! - 1)).toBeLessThan(5e-15);
      });
    }
  });

  test("torch's default range for a linear layer is one over the root of its inputs", () => {
    for (const { fanIn, linearDefaultWeightBound } of goldenInitialisers()) {
      // Two roundings on the way: gain times a quotient.
      expect(linearDefaultWeightBound * Math.sqrt(fanIn)).toBeCloseTo(1, 14);
    }
  });
});

// Far out, at ±1e4 and beyond: no activation, softmax or loss overflows or loses its meaning, forward or
// backward, on either executor.
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import { zeros } from '../initializers/initializer.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Loss } from '../losses/loss.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { perceptron } from '../losses/perceptron.js';
import { add, applyOperator, mul, sum } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import type { Problem } from '../testing/reference-gradients.js';
import { runProgram } from '../testing/run-program.js';
import { differentiate, gradientOutput } from '../transform/differentiate.js';

interface Outcome {
  readonly values: readonly number[];
  readonly gradient: readonly number[];
}

const IDENTITY: Loss = { name: 'identity', build: (output) => ({ loss: output }) };

/** One sample, whose logits are a parameter added to zeros. */
function problemFor(
  logits: readonly number[],
  loss: Loss,
  target: readonly number[],
  classes: number | undefined,
  activation?: { readonly op: string; readonly attributes?: { readonly slope: number } },
): Problem {
  const width = logits.length;
  const forward = traceModel(
    (x, scope) => {
      const z = add(x, scope.parameter('z', [width], zeros()));
      // The sum, since a loss is a number a sample; its upstream gradient is 1.
      return activation ? sum(applyOperator(activation.op, [z], activation.attributes)) : z;
    },
    [width],
  );
  return {
    graph: attachLoss(forward, loss, {
      targetShape: classes === undefined ? [target.length] : [],
      classes,
    }),
    rows: 1,
    parameters: [Float32Array.from(logits)],
    input: new Float32Array(width),
    target: Float32Array.from(target),
    context: { seed: 0, epoch: 0, sampleIds: new Uint32Array(1) },
  };
}

/** The loss and its gradient, on each executor. */
function outcomes(problem: Problem): [string, Outcome][] {
  const graph = differentiate(problem.graph);
  const reference = (precision: 'f32' | 'f64'): Outcome => {
    const outputs = runReference(graph, { ...problem, precision });
    return {
      values: [...outputs['sum.loss']!.data],
      gradient: [...outputs[gradientOutput(0)]!.data],
    };
  };
  const { lossSum, gradients } = runProgram(problem);
  return [
    ['wasm', { values: [lossSum], gradient: [...gradients[0]!] }],
    ['reference, f32', reference('f32')],
    ['reference, f64', reference('f64')],
  ];
}

const FAR = [-1e30, -1e4, -200, -89, -30, 30, 89, 200, 1e4, 1e30];

/** The limits far out: value and slope. At ±30 they are reached within 1e-12. */
const LIMITS: Readonly<Record<string, (x: number) => readonly [number, number]>> = {
  relu: (x) => (x > 0 ? [x, 1] : [0, 0]),
  leakyRelu: (x) => (x > 0 ? [x, 1] : [0.25 * x, 0.25]),
  sigmoid: (x) => (x > 0 ? [1, 0] : [0, 0]),
  tanh: (x) => [Math.sign(x), 0],
  gelu: (x) => (x > 0 ? [x, 1] : [0, 0]),
  step: (x) => (x > 0 ? [1, 0] : [0, 0]),
};

describe.each(Object.entries(LIMITS))('%s far out', (op, limit) => {
  test.each(FAR)('has its limits at %d', (x) => {
    const attributes = op === 'leakyRelu' ? { attributes: { slope: 0.25 } } : {};
    const problem = problemFor([x], IDENTITY, [0], undefined, { op, ...attributes });
    const [value, slope] = limit(Math.fround(x));
    for (const [executor, { values, gradient }] of outcomes(problem)) {
      expect(Math.abs(values[0]! - value), executor).toBeLessThan(1e-12);
      expect(Math.abs(gradient[0]! - slope), executor).toBeLessThan(1e-12);
    }
  });
});

/** Rows of logits whose softmax is all but exact: one hot, or even among the largest. */
const ROWS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1e4, -1e4, 0],
    [1, 0, 0],
  ],
  [
    [-1e4, -1e4, -1e4, -1e4],
    [0.25, 0.25, 0.25, 0.25],
  ],
  [
    [1e4, 1e4, 0, -1e4],
    [0.5, 0.5, 0, 0],
  ],
  [
    [1e30, -1e30],
    [1, 0],
  ],
  [
    [-3e38, 3e38],
    [0, 1],
  ],
  [
    [1e4, 1e4 - 200, 88, 0, -200],
    [1, 0, 0, 0, 0],
  ],
];

describe.each(ROWS)('the row %j', (logits, probabilities) => {
  const far = logits.map((x) => Math.fround(x));
  const top = far.reduce((a, b) => Math.max(a, b));
  const ties = far.filter((x) => x === top).length;

  test('has its softmax', () => {
    // Weighted by 1, 2, 3, …, so that every element counts.
    const weights = far.map((_, i) => i + 1);
    const weighted: Loss = {
      name: 'weighted',
      build: (z, t) => ({ loss: sum(mul(applyOperator('softmax', [z]), t)) }),
    };
    const expected = probabilities.reduce((total, p, i) => total + p * weights[i]!, 0);
    const results = outcomes(problemFor(logits, weighted, weights, undefined));
    for (const [executor, { values, gradient }] of results) {
      expect(values[0], executor).toBeCloseTo(expected, 6);
      for (const [i, slope] of gradient.entries()) {
        expect(slope, executor).toBeCloseTo(probabilities[i]! * (weights[i]! - expected), 6);
      }
    }
  });

  test('has its cross-entropy against each label', () => {
    for (const label of far.keys()) {
      const expected = top - far[label]! + Math.log(ties);
      const results = outcomes(problemFor(logits, crossEntropy(), [label], far.length));
      for (const [executor, { values, gradient }] of results) {
        // 3e38 − −3e38 is infinite in float32, and then the loss is; it is never NaN.
        const rounded = executor.endsWith('f64') ? expected : Math.fround(expected);
        if (Number.isFinite(rounded)) {
          expect(Math.abs(values[0]! - rounded), executor).toBeLessThanOrEqual(
            1e-6 * (1 + rounded),
          );
        } else {
          expect(values[0], executor).toBe(Infinity);
        }
        for (const [i, slope] of gradient.entries()) {
          expect(slope, executor).toBeCloseTo(probabilities[i]! - (i === label ? 1 : 0), 6);
        }
      }
    }
  });

  test('has its cross-entropy against probabilities', () => {
    const results = outcomes(problemFor(logits, crossEntropy(), probabilities, undefined));
    for (const [executor, { values, gradient }] of results) {
      // Where the target is 0 the logarithm is huge, or infinite: 0 × 6e38 is 0, 0 × ∞ is not.
      if (far.some((x) => !Number.isFinite(Math.fround(top - x)))) continue;
      expect(values[0], executor).toBeCloseTo(Math.log(ties), 5);
      for (const slope of gradient) expect(slope, executor).toBeCloseTo(0, 6);
    }
  });
});

describe.each([-3e38, -1e30, -1e4, -200, 200, 1e4, 1e30, 3e38])('the logit %d', (logit) => {
  const x = Math.fround(logit);

  test.each([0, 1, 0.25])('has its binary cross-entropy against %d', (t) => {
    const expected = Math.max(x, 0) - x * t;
    for (const [executor, { values, gradient }] of outcomes(
      problemFor([x], binaryCrossEntropy(), [t], undefined),
    )) {
      // At ±200 float64 still sees e^−200.
      expect(Math.abs(values[0]! - expected), executor).toBeLessThan(1e-80 + 1e-6 * expected);
      expect(Math.abs(gradient[0]! - ((x > 0 ? 1 : 0) - t)), executor).toBeLessThan(1e-80);
    }
  });

  test.each([0, 1])('has its perceptron criterion against %d', (t) => {
    const error = (x > 0 ? 1 : 0) - t;
    for (const [executor, { values, gradient }] of outcomes(
      problemFor([x], perceptron(), [t], undefined),
    )) {
      expect(values[0], executor).toBeCloseTo(error * x, 6);
      expect(gradient[0], executor).toBeCloseTo(error, 6);
    }
  });
});

test('the mean squared error of ±1e4 is exact enough, and its gradient exact', () => {
  const problem = problemFor([1e4, -1e4], meanSquaredError(), [-1e4, -1e4], undefined);
  for (const [executor, { values, gradient }] of outcomes(problem)) {
    expect(values[0], executor).toBe(2e8);
    expect(gradient, executor).toEqual([2e4, 0]);
  }
});

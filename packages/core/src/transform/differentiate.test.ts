// Gradients against central finite differences in float64, on the reference executor: every operator that a
// model may contain, on random shapes, and whole random models.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import { zeros } from '../initializers/initializer.js';
import {
  add,
  applyOperator,
  broadcast,
  matmul,
  mul,
  reshape,
  sum,
  Tensor,
  transpose,
} from '../model/tensor.js';
import { operatorNamed, operatorNames } from '../ops/registry.js';
import { product } from '../shape.js';
import { type Build, type Case, either, randomShape } from '../testing/gradient-case.js';
import { ATTENTION_CASES } from '../testing/gradient-cases/attention.js';
import { CONVOLUTION_CASES } from '../testing/gradient-cases/convolution.js';
import { ELEMENTS } from '../testing/gradient-cases/elements.js';
import { NORMALISATION } from '../testing/gradient-cases/normalisation.js';
import { POOLING } from '../testing/gradient-cases/pooling.js';
import { RECURRENCE } from '../testing/gradient-cases/recurrence.js';
import { TOKEN_CASES } from '../testing/gradient-cases/tokens.js';
import { isNearKink } from '../testing/near-kink.js';
import { Random } from '../testing/random.js';
import { randomProblem } from '../testing/random-model.js';
import {
  gradientsByDifference,
  type Problem,
  referenceGradients,
  referenceLoss,
} from '../testing/reference-gradients.js';
import { describeProblem } from '../testing/run-program.js';
import { GraphBuilder } from './builder.js';
import { differentiate } from './differentiate.js';

function unary(op: string, low = -2, high = 2, attributes = {}): Case {
  return (build) => applyOperator(op, [either(build, low, high)], attributes);
}

function rows(op: string): Case {
  return (build) => applyOperator(op, [either(build, -2, 2, 1)]);
}

/** Two operands of which the second, the first or both are broadcast. */
function binary(op: string, low = -2, high = 2): Case {
  return (build) => {
    const { random } = build;
    const shape = randomShape(random, 0, 3);
    const stretched = (dims: readonly number[]): number[] =>
      dims.map((dim) => (random.next() < 0.3 ? 1 : dim));
    const left = build.batched(stretched(shape), low, high);
    const right =
      random.next() < 0.4
        ? build.batched(stretched(shape), low, high)
        : build.constant(stretched(shape).slice(random.integer(0, shape.length)), low, high);
    return applyOperator(op, random.next() < 0.5 ? [left, right] : [right, left]);
  };
}

/** With an axis besides the batch's. */
function oneOf(build: Build): Tensor {
  const shape = randomShape(build.random, 1, 3);
  return build.random.next() < 0.7 ? build.batched(shape) : build.constant(shape);
}

function reduction(op: string): Case {
  return (build) => {
    const { random } = build;
    const shape = randomShape(random, 1, 3);
    const isBatch = random.next() < 0.7;
    const x = isBatch ? build.batched(shape) : build.constant(shape);
    const first = isBatch ? 1 : 0;
    const axis = random.integer(first, x.shape.length - 1);
    const count = random.integer(1, x.shape.length - axis);
    return applyOperator(op, [x], { axis, count });
  };
}

const CASES: Readonly<Record<string, Case>> = {
  ...ATTENTION_CASES,
  ...CONVOLUTION_CASES,
  ...TOKEN_CASES,
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  // Denominators stay away from 0, where the quotient's third derivative drowns the difference.
  div: binary('div', 0.5, 2),
  neg: unary('neg'),
  exp: unary('exp'),
  log: unary('log', 0.5, 3),
  sqrt: unary('sqrt', 0.5, 3),
  sigmoid: unary('sigmoid', -5, 5),
  tanh: unary('tanh', -3, 3),
  gelu: unary('gelu', -4, 4),
  relu: unary('relu'),
  leakyRelu: unary('leakyRelu', -2, 2, { slope: 0.3 }),
  softmax: rows('softmax'),
  logSoftmax: rows('logSoftmax'),
  ...NORMALISATION,
  ...ELEMENTS,
  ...POOLING,
  ...RECURRENCE,
  sum: reduction('sum'),
  max: reduction('max'),
  reshape(build) {
    const shape = randomShape(build.random, 0, 3);
    return reshape(build.batched(shape), build.random.pick([[-1], [1, -1], [-1, 1], [1, -1, 1]]));
  },
  slice(build) {
    const x = oneOf(build);
    const axis = build.random.integer(x.shape[0] === 'N' ? 1 : 0, x.shape.length - 1);
    const size = x.shape[axis] as number;
    const start = build.random.integer(0, size - 1);
    return applyOperator('slice', [x], {
      axis,
      start,
      length: build.random.integer(1, size - start),
    });
  },
  concat(build) {
    const x = oneOf(build);
    const axis = build.random.integer(x.shape[0] === 'N' ? 1 : 0, x.shape.length - 1);
    const others = Array.from({ length: build.random.integer(0, 3) }, () => {
      const dims = x.shape.map((dim, i) => (i === axis ? build.random.integer(1, 3) : dim));
      return dims[0] === 'N'
        ? build.batched(dims.slice(1) as number[])
        : build.constant(dims as number[]);
    });
    return applyOperator('concat', [x, ...others], { axis });
  },
  pad(build) {
    const x = oneOf(build);
    const axis = build.random.integer(x.shape[0] === 'N' ? 1 : 0, x.shape.length - 1);
    const [before, after] = [build.random.integer(0, 2), build.random.integer(0, 2)];
    return applyOperator('pad', [x], { axis, before, after });
  },
  transpose(build) {
    const { random } = build;
    const x =
      random.next() < 0.7
        ? build.batched(randomShape(random, 2, 3))
        : build.constant(randomShape(random, 2, 3));
    const axes = x.shape.map((_, axis) => axis);
    const first = x.shape[0] === 'N' ? 1 : 0;
    const a = random.integer(first, axes.length - 1);
    const b = random.integer(first, axes.length - 1);
    [axes[a], axes[b]] = [axes[b]!, axes[a]!];
    return transpose(x, axes);
  },
  broadcast(build) {
    const shape = randomShape(build.random, 1, 3);
    const x = build.constant(shape.map((dim) => (build.random.next() < 0.5 ? 1 : dim)));
    return broadcast(x, build.random.next() < 0.5 ? ['N', ...shape] : shape);
  },
  matmul(build) {
    const { random } = build;
    const [b, m, k, p] = Array.from({ length: 4 }, () => random.integer(1, 3)) as [
      number,
      number,
      number,
      number,
    ];
    return random.pick([
      () => matmul(build.batched([k]), build.constant([k, p])),
      () => matmul(build.batched([m, k]), build.constant([k, p])),
      () => matmul(build.batched([b, m, k]), build.constant([k, p])),
      () => matmul(build.constant([m, k]), build.constant([k, p])),
      () => matmul(build.batched([m, k]), build.batched([k, p])),
      () => matmul(build.constant([b, m, k]), build.constant([b, k, p])),
      () => matmul(build.batched([b, m, k]), build.constant([b, k, p])),
      () => matmul(build.batched([b, m, k]), build.batched([1, k, p])),
      () => matmul(build.batched([m, k]), build.constant([1, k, p])),
      () => matmul(build.constant([m, k]), build.batched([b, k, p])),
      () => matmul(build.batched([1, 2, m, k]), build.constant([2, 1, k, p])),
    ])();
  },
  dropout: (build) =>
    applyOperator('dropout', [build.batched(randomShape(build.random))], { rate: 0.4, layer: 2 }),
  bceWithLogits(build) {
    const shape = randomShape(build.random);
    return applyOperator('bceWithLogits', [
      build.batched(shape, -3, 3),
      build.batched(shape, 0, 1),
    ]);
  },
  crossEntropy(build) {
    const classes = build.random.integer(1, 4);
    return applyOperator('crossEntropy', [build.batched([classes], -3, 3), build.labels(classes)]);
  },
};

/** Operators without a gradient, and why. */
const WITHOUT_GRADIENT: Readonly<Record<string, string>> = {
  batchSum: 'known when the step is done; only updates of buffers read it',
  buffer: 'reads nothing; gradients do not touch it',
  constant: 'reads nothing',
  constantTensor: 'reads nothing',
  input: 'reads nothing',
  labels: 'reads nothing',
  parameter: 'reads nothing; the gradient ends here',
  shardSize: 'how many samples there are does not depend on them',
  target: 'reads nothing',
  differsFrom: 'of whole numbers',
  oneHot: 'of whole numbers',
  tokens: 'reads nothing',
  step: 'zero wherever it exists',
  equal: 'zero wherever it exists',
  greater: 'zero wherever it exists',
  greaterEqual: 'zero wherever it exists',
  notEqual: 'zero wherever it exists',
  stopGradient: 'it ends here, on purpose',
  correctArgmax: 'only counted',
  correctBinary: 'only counted',
  correctLabel: 'only counted',
};

/** The operator's output times random weights, added up, times a number that differs by sample. */
function problemFor(operator: Case, seed: number, rows: number): Problem {
  const random = new Random(seed);
  const builder = new GraphBuilder();
  const values: Float32Array[] = [];
  const sample = new Tensor(builder, builder.add('input', [], { shape: ['N'] }));
  const parameter = (shape: readonly number[], data: Float32Array): Tensor => {
    values.push(data);
    const name = `p${values.length}`;
    return new Tensor(builder, builder.addParameter({ name, shape, init: zeros() }));
  };
  const constant = (shape: readonly number[], low = -2, high = 2): Tensor =>
    parameter(shape, random.distinctFloats(product(shape), low, high));
  let classCount = 1;
  const output = operator({
    random,
    constant,
    batched(shape, low = -2, high = 2) {
      // p + sample × q: q is too small to bring two elements together or past a bound.
      const margin = (high - low) / (8 * product(shape));
      const p = constant(shape, low + margin, high - margin);
      const q = parameter(shape, random.floats(product(shape), -margin, margin));
      return add(
        p,
        mul(
          reshape(
            sample,
            shape.map(() => 1),
          ),
          q,
        ),
      );
    },
    labels(classes) {
      classCount = classes;
      return new Tensor(builder, builder.add('labels', []));
    },
  });
  const weights = constant(output.shape.filter((dim) => dim !== 'N'));
  const loss = mul(add(sample, 2), sum(mul(output, weights)));
  return {
    graph: builder.finish({ loss: loss.node }),
    rows,
    parameters: values,
    input: random.floats(rows),
    target: Float32Array.from({ length: rows }, () => random.integer(0, classCount - 1)),
    context: {
      seed: 5,
      epoch: 3,
      sampleIds: Uint32Array.from({ length: rows }, () => random.integer(0, 99)),
    },
  };
}

/**
 * Central differences at h = 1e-5 are off by h² times a third derivative, which is below 100 in these ranges,
 * and by the rounding of a loss of at most 1e3 over h: together below 1e-7.
 */
const TOLERANCE = 1e-6;

function expectGradients(problem: Problem): void {
  const actual = referenceGradients(problem, 'f64');
  const expected = gradientsByDifference(problem, 1e-5);
  for (const [index, gradient] of actual.entries()) {
    for (const [i, value] of Array.from(gradient).entries()) {
      const difference = Math.abs(value - expected[index]![i]!);
      expect(difference, `parameter ${index}, element ${i}: ${value}`).toBeLessThan(
        TOLERANCE * (1 + Math.abs(value)),
      );
    }
  }
}

describe('the gradient of each operator agrees with finite differences', () => {
  test.each(Object.keys(CASES))('%s', (name) => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 3 }), (seed, rows) => {
        const problem = problemFor(CASES[name]!, seed, rows);
        expectGradients(problem);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('no operator of a model is left out', () => {
    const inModels = operatorNames().filter((name) => operatorNamed(name).inModels);
    const hasGradient = (name: string): boolean => operatorNamed(name).gradient !== undefined;
    expect(Object.keys(CASES).sort()).toEqual(inModels.filter(hasGradient).sort());
    expect(Object.keys(WITHOUT_GRADIENT).sort()).toEqual(
      inModels.filter((name) => !hasGradient(name)).sort(),
    );
  });

  test('every operator that only gradients use is reached by a gradient', () => {
    const used = new Set<string>();
    for (const operator of Object.values(CASES)) {
      for (let seed = 0; seed < 8; seed++) {
        const { nodes } = differentiate(problemFor(operator, seed, 1).graph);
        for (const { op } of nodes) used.add(op);
      }
    }
    // What an optimizer's update reads is a source.
    const onlyGradients = operatorNames().filter(
      (name) => !operatorNamed(name).inModels && operatorNamed(name).kind !== 'source',
    );
    expect(onlyGradients.filter((name) => !used.has(name))).toEqual([]);
  });
});

test('the gradient of random models agrees with a difference along a random direction', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 0 }),
        operators: fc.integer({ min: 0, max: 14 }),
        rows: fc.constantFrom(1, 2, 5),
      }),
      (options) => {
        const problem = randomProblem(options);
        const { graph } = problem;
        const outputs = Object.fromEntries(graph.nodes.map((_, index) => [String(index), index]));
        fc.pre(
          !isNearKink(problem, (precision) => {
            const values = runReference({ ...graph, outputs }, { ...problem, precision });
            return graph.nodes.map((_, index) => values[index]!.data);
          }),
        );
        const random = new Random(options.seed);
        const direction = problem.parameters.map(({ length }) => random.floats(length));
        const along = (h: number): number =>
          referenceLoss(
            problem,
            problem.parameters.map((values, p) =>
              Float64Array.from(values, (value, i) => value + h * direction[p]![i]!),
            ),
          );
        const gradients = referenceGradients(problem, 'f64');
        let slope = 0;
        let size = 1;
        for (const [p, gradient] of gradients.entries()) {
          for (let i = 0; i < gradient.length; i++) {
            slope += gradient[i]! * direction[p]![i]!;
            size += Math.abs(gradient[i]! * direction[p]![i]!);
          }
        }
        // h stays below the distance to a kink; what is left of it is second order in h, and rounding / h.
        const h = 1e-7;
        const difference = (along(h) - along(-h)) / (2 * h);
        if (!(Math.abs(difference - slope) < 1e-5 * size)) {
          expect.fail(`${slope}, by differences ${difference}\n${describeProblem(problem)}`);
        }
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

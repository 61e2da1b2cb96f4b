// The WebAssembly executor against the reference one, on random models: sums, gradients and outputs; nothing
// written outside a program's regions, nothing read that was not written (runProgram throws, or NaN comes out).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../graph/graph.js';
import { isNearKink } from '../testing/near-kink.js';
import { randomProblem } from '../testing/random-model.js';
import type { Problem } from '../testing/reference-gradients.js';
import { describeProblem, type ProgramResult, runProgram } from '../testing/run-program.js';
import { differentiate, evaluation, gradientOutput } from '../transform/differentiate.js';
import { runReference } from './reference.js';

const PROBLEMS = fc.record({
  seed: fc.integer({ min: 0 }),
  operators: fc.integer({ min: 0, max: 16 }),
  rows: fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 17),
});

/** Every node's values, by node. */
function allValues(problem: Problem, graph: Graph, precision: 'f32' | 'f64'): ArrayLike<number>[] {
  const outputs = Object.fromEntries(graph.nodes.map((_, index) => [String(index), index]));
  const values = runReference({ ...graph, outputs }, { ...problem, precision });
  return graph.nodes.map((_, index) => values[index]!.data);
}

function isUsable(problem: Problem): boolean {
  return !isNearKink(problem, (precision) => allValues(problem, problem.graph, precision));
}

/**
 * In units of the largest value that any node has on the way: a model is up to 16 operators deep, forward and
 * back, and each rounds sums of up to a few hundred terms of that size. Measured over 14,000 models: 7.7e-7.
 */
const TOLERANCE = 3e-6;

function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale: number,
  what: () => string,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!) / scale;
    if (!(distance < TOLERANCE)) {
      expect.fail(`${what()}: element ${i} is ${actual[i]}, expected ${expected[i]}`);
    }
  }
}

function largest(values: readonly ArrayLike<number>[]): number {
  let most = 1;
  for (const tensor of values) {
    for (let i = 0; i < tensor.length; i++) most = Math.max(most, Math.abs(tensor[i]!));
  }
  return most;
}

function expectSameBits(actual: ProgramResult, expected: ProgramResult): void {
  expect(actual.lossSum).toBe(expected.lossSum);
  expect(actual.correctSum).toBe(expected.correctSum);
  expect(actual.gradients).toEqual(expected.gradients);
  expect(actual.output).toEqual(expected.output);
}

describe('random models on the WebAssembly executor', () => {
  test('sums and gradients agree with the reference in float32 and in float64', () => {
    fc.assert(
      fc.property(PROBLEMS, (options) => {
        const problem = randomProblem(options);
        fc.pre(isUsable(problem));
        const result = runProgram(problem);
        expect(result.samples).toBe(problem.rows);
        const graph = differentiate(problem.graph);
        for (const precision of ['f32', 'f64'] as const) {
          const expected = runReference(graph, { ...problem, precision });
          const scale = largest(allValues(problem, graph, precision));
          const what = (name: string) => () =>
            `${name} against ${precision}\n${describeProblem(problem)}`;
          expectClose([result.lossSum], expected['sum.loss']!.data, scale, what('loss'));
          for (const [i, gradient] of result.gradients.entries()) {
            const name = gradientOutput(i);
            expectClose(gradient, expected[name]!.data, scale, what(name));
          }
        }
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  test('outputs without dropout agree with the reference', () => {
    fc.assert(
      fc.property(PROBLEMS, (options) => {
        const problem = randomProblem(options);
        fc.pre(isUsable(problem));
        const result = runProgram(problem, { kind: 'evaluation' });
        const graph = evaluation(problem.graph);
        fc.pre(isUsable({ ...problem, graph }));
        const expected = runReference(graph, { ...problem, precision: 'f64' });
        const scale = largest(allValues(problem, graph, 'f64'));
        const what = () => `output\n${describeProblem(problem)}`;
        expectClose(result.output, expected.output!.data, scale, what);
        expectClose([result.lossSum], expected['sum.loss']!.data, scale, what);
        expect(result.correctSum).toBe(expected['sum.metric.accuracy.correct']?.data[0]);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test('the layout of weights and the room for more rows change no bit', () => {
    fc.assert(
      fc.property(PROBLEMS, fc.integer({ min: 0, max: 7 }), (options, spare) => {
        const problem = randomProblem(options);
        const result = runProgram(problem);
        const plain = problem.parameters.map(() => false);
        expectSameBits(runProgram(problem, { transposed: plain }), result);
        expectSameBits(runProgram(problem, { capacity: problem.rows + spare }), result);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  test('a sample has the same bits alone as among others', () => {
    fc.assert(
      fc.property(PROBLEMS, (options) => {
        const problem = randomProblem(options);
        const { rows, input, target, context } = problem;
        const together = runProgram(problem, { kind: 'evaluation' }).output;
        const row = <A extends Float32Array>(values: A, index: number) =>
          values.slice((index * values.length) / rows, ((index + 1) * values.length) / rows);
        for (let index = 0; index < rows; index++) {
          const alone = runProgram(
            {
              ...problem,
              rows: 1,
              input: row(input, index),
              target: row(target, index),
              context: { ...context, sampleIds: context.sampleIds.slice(index, index + 1) },
            },
            { kind: 'evaluation' },
          ).output;
          expect(alone).toEqual(row(together, index));
        }
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('no samples give zero sums and zero gradients', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 0, max: 12 }), (seed, operators) => {
        const { lossSum, samples, gradients } = runProgram(
          randomProblem({ seed, operators, rows: 0 }),
          { capacity: 3 },
        );
        expect([lossSum, samples]).toEqual([0, 0]);
        expect(gradients.every((gradient) => gradient.every((value) => value === 0))).toBe(true);
      }),
      { seed: 6, numRuns: 60 },
    );
  });
});

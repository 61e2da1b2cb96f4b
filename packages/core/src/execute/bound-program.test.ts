// The WebAssembly executor against the reference one, on random models: sums, gradients and outputs; nothing
// written outside a program's regions, nothing read that was not written.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differentiate, gradientOutput } from '../graph/differentiate.js';
import type { Graph } from '../graph/graph.js';
import { isNearKink, randomProblem } from '../testing/random-model.js';
import { gradientsByDifference, type Problem } from '../testing/reference-gradients.js';
import { describeProblem, runProgram } from '../testing/run-program.js';
import { runReference } from './reference.js';

const PROBLEMS = fc.record({
  seed: fc.integer({ min: 0 }),
  operators: fc.integer({ min: 0, max: 14 }),
  rows: fc.constantFrom(0, 1, 2, 3, 5, 8, 17),
});

/** Every node's values, by node. */
function allValues(problem: Problem, graph: Graph, precision: 'f32' | 'f64'): ArrayLike<number>[] {
  const outputs = Object.fromEntries(graph.nodes.map((_, index) => [String(index), index]));
  const values = runReference({ ...graph, outputs }, { ...problem, precision });
  return graph.nodes.map((_, index) => values[index]!.data);
}

function usable(problem: Problem): boolean {
  return !isNearKink(problem, (precision) => allValues(problem, problem.graph, precision));
}

let worst32 = 0;
let worst64 = 0;
let runs = 0;
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>, scale: number): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!) / scale;
    worst = Math.max(worst, Number.isNaN(d) ? Infinity : d);
  }
  return worst;
}

describe('random models', () => {
  test('loss, correct count and gradients agree with the reference in float32 and float64', () => {
    fc.assert(
      fc.property(PROBLEMS, (options) => {
        const problem = randomProblem(options);
        fc.pre(usable(problem));
        runs++;
        const result = runProgram(problem);
        expect(result.samples).toBe(problem.rows);
        const graph = differentiate(problem.graph);
        for (const precision of ['f32', 'f64'] as const) {
          const expected = runReference(graph, { ...problem, precision });
          const everything = allValues(problem, graph, precision);
          const scale = Math.max(
            1,
            ...everything.map((v) => Array.from(v).reduce((m, x) => Math.max(m, Math.abs(x)), 0)),
          );
          const ds = [distance([result.lossSum], expected.lossSum!.data, scale)];
          if (result.correctSum !== undefined)
            expect(result.correctSum).toBe(expected.correctSum!.data[0]);
          for (const [i, gradient] of result.gradients.entries()) {
            ds.push(distance(gradient, expected[gradientOutput(i)]!.data, scale));
          }
          const d = Math.max(...ds);
          if (precision === 'f32') worst32 = Math.max(worst32, d);
          else worst64 = Math.max(worst64, d);
          if (!(d < 1e-4))
            throw new Error(`${precision} ${d} scale ${scale}\n${describeProblem(problem)}`);
        }
      }),
      { seed: 2, numRuns: 600 },
    );
    console.log({ worst32, worst64, runs });
  });
});
void gradientsByDifference;

// Several shards in one run of a program: the bits are those of each shard by itself, added along the tree.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relu, tanh } from '../layers/activations.js';
import { batchNorm1d } from '../layers/batch-norm.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { PASSES } from '../plan/planner.js';
import { product } from '../shape.js';
import { Random } from '../testing/random.js';
import { randomProblem } from '../testing/random-model.js';
import type { Problem } from '../testing/reference-gradients.js';
import {
  describeProblem,
  type ProgramResult,
  planProblem,
  runProgram,
} from '../testing/run-program.js';

const WIDTH = 6;

/** Of one block: even, uneven, with a shard that has no rows. */
const STARTS = [
  [0, 3, 7],
  [0, 1, 2, 4, 5],
  [0, 4, 4, 5, 9],
  [0, 2, 5, 7, 10, 12, 15, 17, 20],
];

/** Rows [first, end) of a problem. */
function rowsOf(problem: Problem, first: number, end: number): Problem {
  const { rows, input, target, context } = problem;
  const part = <Numbers extends Float32Array | Int32Array | Uint32Array>(all: Numbers): Numbers => {
    const ofRow = all.length / rows;
    return all.slice(first * ofRow, end * ofRow) as Numbers;
  };
  return {
    ...problem,
    rows: end - first,
    input: part(input),
    target: part(target),
    context: { ...context, sampleIds: part(context.sampleIds) },
  };
}

function sumOf(left: ProgramResult, right: ProgramResult): ProgramResult {
  const add = (a: number, b: number): number => Math.fround(a + b);
  return {
    ...left,
    lossSum: add(left.lossSum, right.lossSum),
    samples: left.samples + right.samples,
    gradients: left.gradients.map((gradient, i) =>
      gradient.map((value, j) => add(value, right.gradients[i]![j]!)),
    ),
  };
}

/** Each shard by itself, in a program for one, and the results added along the tree. */
function alone(problem: Problem, starts: readonly number[]): ProgramResult {
  if (starts.length === 2) {
    return runProgram(rowsOf(problem, starts[0]!, starts[1]!), { capacity: problem.rows });
  }
  const middle = (starts.length - 1) / 2;
  return sumOf(alone(problem, starts.slice(0, middle + 1)), alone(problem, starts.slice(middle)));
}

function problemOf(model: Parameters<typeof traceModel>[0], rows: number): Problem {
  const forward = traceModel(model, [WIDTH]);
  const random = new Random(1);
  return {
    graph: attachLoss(forward, crossEntropy(), { targetShape: [], classes: 3 }),
    rows,
    parameters: forward.parameters.map(({ shape }) => random.floats(product(shape))),
    input: random.floats(rows * WIDTH),
    target: Float32Array.from({ length: rows }, () => random.integer(0, 2)),
    context: { seed: 0, epoch: 0, sampleIds: Uint32Array.from({ length: rows }, (_, i) => i) },
  };
}

test('of a network of linear layers, with any of the passes left out that are not needed for it', () => {
  for (const starts of STARTS) {
    const layers = sequential(linear(WIDTH, 260), relu(), linear(260, 9), relu(), linear(9, 3));
    const problem = problemOf(layers, starts.at(-1)!);
    const expected = alone(problem, starts);
    let together = 0;
    for (const left of [undefined, ...PASSES]) {
      const options = { starts, passes: PASSES.filter((pass) => pass !== left) };
      if (planProblem(problem, options).program.shards === 1) continue;
      together++;
      expect(runProgram(problem, options)).toEqual(expected);
    }
    // Not without itself, and not where weights are transposed for each shard anew.
    expect(together).toBe(PASSES.length - 1);
  }
});

const LAYER = fc.oneof(
  fc.record({ width: fc.integer({ min: 1, max: 40 }), bias: fc.boolean() }),
  fc.constantFrom(relu(), tanh(), dropout(0.3)),
);

test('of random networks of linear layers, activations and dropout', () => {
  fc.assert(
    fc.property(fc.array(LAYER, { maxLength: 6 }), fc.constantFrom(...STARTS), (drawn, starts) => {
      let inputs = WIDTH;
      const layers = [...drawn, { width: 3, bias: true }].map((layer) => {
        if (typeof layer === 'function' || !('width' in layer)) return layer;
        const { width, bias } = layer;
        const own = linear(inputs, width, { bias });
        inputs = width;
        return own;
      });
      const problem = problemOf(sequential(...layers), starts.at(-1)!);
      expect(runProgram(problem, { starts }), describeProblem(problem)).toEqual(
        alone(problem, starts),
      );
    }),
    { seed: 3, numRuns: 60 },
  );
});

test('of random networks of any operators, of those that let it be', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0 }),
      fc.integer({ min: 0, max: 8 }),
      fc.constantFrom(...STARTS),
      (seed, operators, starts) => {
        const problem = randomProblem({ seed, operators, rows: starts.at(-1)! });
        if (planProblem(problem, { starts }).program.shards === 1) return;
        expect(runProgram(problem, { starts }), describeProblem(problem)).toEqual(
          alone(problem, starts),
        );
      },
    ),
    { seed: 3, numRuns: 100 },
  );
});

test('a network whose samples meet in a shard has a program for one shard', () => {
  const problem = problemOf(sequential(linear(WIDTH, 4), batchNorm1d(4), linear(4, 3)), 4);
  expect(planProblem(problem, { starts: [0, 2, 4] }).program.shards).toBe(1);
});

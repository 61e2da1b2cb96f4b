// Passes: what they come to in a small network, that none of them changes a bit, and what a new one takes: this file
// has one, and gives it to the list of passes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { relu } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { mul } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import type { KernelArgument, KernelCall } from '../ops/operator.js';
import { product } from '../shape.js';
import { Random } from '../testing/random.js';
import { randomProblem } from '../testing/random-model.js';
import type { Problem } from '../testing/reference-gradients.js';
import { describeProblem, planProblem, runProgram } from '../testing/run-program.js';
import type { Draft, Pass } from './draft.js';
import { PASSES } from './planner.js';
import type { Program } from './program.js';

const WIDTH = 6;
const CLASSES = 3;

function problemOf(model: Parameters<typeof traceModel>[0], rows = 5): Problem {
  const forward = traceModel(model, [WIDTH]);
  const random = new Random(1);
  return {
    graph: attachLoss(forward, crossEntropy(), { targetShape: [], classes: CLASSES }),
    rows,
    parameters: forward.parameters.map(({ shape }) => random.floats(product(shape))),
    input: random.floats(rows * WIDTH),
    target: Float32Array.from({ length: rows }, () => random.integer(0, CLASSES - 1)),
    context: { seed: 0, epoch: 0, sampleIds: Uint32Array.from({ length: rows }, (_, i) => i) },
  };
}

/** The first word behind the gradients of 260 × 6 + 260 + 3 × 260 + 3 parameters, and one to keep to 16 bytes. */
const SUMS = 4 * 2604;

/** A call as `kernel place place …`, tensors only. */
function written(program: Program, { kernel, arguments: args }: KernelCall): string {
  const place = (argument: KernelArgument): string[] => {
    if (typeof argument !== 'object') return [];
    if ('accumulator' in argument) return [`+${place({ node: argument.accumulator })[0]}`];
    if (!('node' in argument)) return [];
    const { region, byteOffset } = program.places.get(argument.node)!;
    return [region === 'partial' && byteOffset >= SUMS ? 'sums' : `${region}:${byteOffset}`];
  };
  return [kernel, ...args.flatMap(place)].join(' ');
}

/** Of samples 64:, labels 192:, 1 at 3392:. The inner activation shares its place with what is read no more. */
const PREPARED = [
  'copyStrided arena:256 state:7280',
  'fill arena:3392',
  'packPanels arena:3968 arena:256',
];
const DENSE = [
  'matmul arena:7104 arena:64 state:0',
  'add arena:11264 arena:7104 state:6240',
  'relu arena:7104 arena:11264',
  'matmul arena:11264 arena:7104 state:7280',
  'add arena:11328 arena:11264 state:10400',
  'crossEntropy arena:11264 arena:11328 arena:192',
  'copyStrided arena:11392 arena:3392',
  'crossEntropyGrad arena:11456 arena:11392 arena:11328 arena:192',
  'sum partial:10400 arena:11456',
  'matmul arena:11520 arena:11456 arena:256 arena:3968',
  'matmulTransposed partial:7280 arena:7104 arena:11456 arena:15680',
  'reluGrad arena:15680 arena:11520 arena:7104',
  'sum partial:6240 arena:15680',
  'matmulTransposed partial:0 arena:64 arena:15680 arena:19840',
  'sum sums arena:11264',
  'fill sums',
];
const SPARSE = [
  'sparseMatmul arena:7104 arena:7104 arena:3456 arena:3584 state:0',
  'sparseMatmul partial:0 +partial:0 arena:3520 arena:3776 arena:15680',
];

describe('the program of a linear layer of 260 neurons, relu, and one of 3', () => {
  const { program } = planProblem(
    problemOf(sequential(linear(WIDTH, 260), relu(), linear(260, CLASSES))),
    { capacity: 4 },
  );
  const calls = (list: readonly KernelCall[]): string[] =>
    list.map((call) => written(program, call));
  const [sparse, dense] = program.variants;

  test('once a step: the second weight is transposed, and packed; a number is filled in', () => {
    expect(calls(program.prepare)).toEqual(PREPARED);
  });

  test('once a shard: gradients are written straight into the partial', () => {
    expect(dense!.condition).toEqual({ kind: 'any samples' });
    expect(calls(dense!.calls)).toEqual(DENSE);
    expect(dense!.added).toEqual([]);
  });

  test('of sparse samples: two calls differ, and the gradient that they come to is added', () => {
    expect(sparse!.condition.kind).toBe('sparse samples');
    const differ = calls(sparse!.calls).filter((call, i) => call !== DENSE[i]);
    expect(differ).toEqual(SPARSE);
    expect(sparse!.added).toEqual([{ first: 0, end: 260 * WIDTH }]);
  });
});

test('without any of the passes, the bits are the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0 }),
      fc.integer({ min: 0, max: 16 }),
      fc.subarray([...PASSES]),
      (seed, operators, passes) => {
        const problem = randomProblem({ seed, operators, rows: 3 });
        expect(runProgram(problem, { passes }), describeProblem(problem)).toEqual(
          runProgram(problem),
        );
      },
    ),
    { seed: 4, numRuns: 150 },
  );
  const wide = problemOf(sequential(linear(WIDTH, 260), relu(), linear(260, CLASSES)));
  for (const left of PASSES) {
    const passes = PASSES.filter((pass) => pass !== left);
    expect(runProgram(wide, { passes })).toEqual(runProgram(wide));
  }
});

/** x × 1 is x: the product is another name for its operand. */
const dropTimesOne: Pass = (draft: Draft) => {
  const { graph, places } = draft;
  const isOne = (node: number): boolean => graph.nodes[node]!.attributes.value === 1;
  const renamed = new Map<number, number>();
  for (const { node, writes } of draft.compute) {
    const [x, one] = node?.inputs ?? [];
    if (node?.op === 'mul' && isOne(one!) && !places.has(writes)) renamed.set(writes, x!);
  }
  const tensors = [...draft.tensors];
  for (const [tensor, { bytes, memory }] of draft.tensors.entries()) {
    const other = renamed.get(memory);
    if (other !== undefined) tensors[tensor] = { bytes, memory: tensors[other]!.memory };
  }
  return { ...draft, tensors, compute: draft.compute.filter(({ writes }) => !renamed.has(writes)) };
};

test('a new pass is one file: it drops products with 1, and the bits are the same', () => {
  const problem = problemOf(
    sequential(linear(WIDTH, 8), (x) => mul(relu(x), 1), linear(8, CLASSES)),
  );
  const passes = [...PASSES, dropTimesOne];
  const products = (program: Program): number =>
    program.variants[0]!.calls.filter(({ kernel }) => kernel === 'mul').length;
  // One on the way to the loss, one on the way back.
  expect(products(planProblem(problem).program)).toBe(2);
  expect(products(planProblem(problem, { passes }).program)).toBe(0);
  expect(runProgram(problem, { passes })).toEqual(runProgram(problem));
});

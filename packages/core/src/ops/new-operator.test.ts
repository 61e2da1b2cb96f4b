// What a new operator takes: its own file, and a line in the list. These mix samples, as batch statistics do.
import { expect, test, vi } from 'vitest';
import { GraphError } from '../errors.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { applyOperator, sub } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { validateGraph } from '../network/validate.js';
import { Random } from '../testing/random.js';
import {
  gradientsByDifference,
  type Problem,
  referenceGradients,
  referenceLoss,
} from '../testing/reference-gradients.js';
import { runProgram } from '../testing/run-program.js';
import { evaluation } from '../transform/differentiate.js';
import type { ComputeOperator } from './operator.js';
import { operatorNamed, operatorNames } from './registry.js';

const { batchTotal, hasty } = vi.hoisted(() => {
  /** [N, …k] → [k], the sum over the samples of a shard; 0 where a network is evaluated. */
  const batchTotal: Omit<ComputeOperator, 'reference' | 'lower'> = {
    name: 'batchTotal',
    kind: 'compute',
    inputs: ['f32'],
    attributes: {},
    inModels: true,
    mixesSamples: true,
    shape: ([x]) => x!.shape.slice(1),
    inEvaluation: ({ builder, inputs: [x] }) =>
      builder.add('broadcast', [builder.constant(0)], { shape: builder.shapeOf(x!).slice(1) }),
    gradient: ({ builder, inputs: [x], dOutput }) => [
      builder.add('broadcast', [dOutput], { shape: builder.shapeOf(x!) }),
    ],
  };
  const { inEvaluation, ...rest } = batchTotal;
  return { batchTotal, hasty: { ...rest, name: 'hasty' } };
});

vi.mock('./list.js', async (original) => {
  const { OPERATORS } = await original<typeof import('./list.js')>();
  const { sum } = await import('./sum.js');
  const { reference, lower } = sum as ComputeOperator;
  const attributes = { axis: 0, count: 1 };
  const complete = (rules: typeof batchTotal): ComputeOperator => ({
    ...rules,
    reference: (call) => reference({ ...call, attributes }),
    lower: (request) => lower({ ...request, node: { ...request.node, attributes } }),
  });
  return { OPERATORS: [...OPERATORS, complete(batchTotal), complete(hasty)] };
});

function problemWith(op: string): Problem {
  const random = new Random(3);
  const rows = 5;
  const forward = traceModel(
    (x, scope) => {
      const y = linear(3, 2)(x, scope);
      return sub(y, applyOperator(op, [y]));
    },
    [3],
  );
  return {
    graph: attachLoss(forward, meanSquaredError(), { targetShape: [2], classes: undefined }),
    rows,
    parameters: [random.floats(6), random.floats(2)],
    input: random.floats(3 * rows),
    target: random.floats(2 * rows),
    context: { seed: 0, epoch: 0, sampleIds: Uint32Array.from({ length: rows }, (_, i) => i) },
  };
}

test('an operator that mixes samples is traced, checked, differentiated and run', () => {
  const problem = problemWith('batchTotal');
  expect(validateGraph(JSON.parse(JSON.stringify(problem.graph)))).toEqual(problem.graph);
  const exact = referenceGradients(problem, 'f64');
  for (const [i, expected] of gradientsByDifference(problem, 1e-5).entries()) {
    for (const [j, value] of expected.entries()) expect(exact[i]![j]).toBeCloseTo(value, 6);
  }
  const { lossSum, gradients } = runProgram(problem);
  // Sums of a few dozen products of numbers around 1, in float32.
  expect(lossSum).toBeCloseTo(referenceLoss(problem), 4);
  for (const [i, gradient] of gradients.entries()) {
    for (const [j, value] of gradient.entries()) expect(value).toBeCloseTo(exact[i]![j]!, 4);
  }
});

test('in evaluation, where there are no shards, what it says stands for it', () => {
  const ops = evaluation(problemWith('batchTotal').graph).nodes.map(({ op }) => op);
  expect(ops).not.toContain('batchTotal');
  expect(ops).toContain('broadcast');
});

test('one that mixes samples and says nothing of evaluation is refused there', () => {
  expect(() => evaluation(problemWith('hasty').graph)).toThrow(
    new GraphError(
      'evaluation: hasty mixes samples, and says not what stands for it where each is evaluated by itself',
    ),
  );
  const silent = operatorNames()
    .map(operatorNamed)
    .filter(({ mixesSamples, inEvaluation }) => mixesSamples && !inEvaluation);
  expect(silent.map(({ name }) => name)).toEqual(['hasty']);
});

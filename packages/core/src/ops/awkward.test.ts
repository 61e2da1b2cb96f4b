// Zeros with either sign, the ends of the range, infinities and what is not a number: of one number, kernels and the reference make
// the same of them, forward and backward.
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import type { Attributes } from '../graph/graph.js';
import { zeros } from '../initializers/initializer.js';
import { applyOperator, broadcast, sum, Tensor } from '../model/tensor.js';
import { type Problem, referenceGradients } from '../testing/reference-gradients.js';
import { runProgram } from '../testing/run-program.js';
import { GraphBuilder } from '../transform/builder.js';
import { operatorNamed, operatorNames } from './registry.js';

const MAX = 3.4028234663852886e38;

const AWKWARD = Float32Array.from([
  ...[0, 1e-45, 1e-38, 1e-10, 0.5, 1, 2, 3, 6, 90, 104, 1e6, MAX, Infinity].flatMap((x) => [x, -x]),
  Number.NaN,
]);

const NUMBERS: Readonly<Record<string, readonly Attributes[]>> = {
  leakyRelu: [{ slope: 0.1 }, { slope: 0 }],
  elu: [{ alpha: 1 }, { alpha: -0.5 }],
  softplus: [
    { beta: 1, threshold: 20 },
    { beta: -2, threshold: 5 },
  ],
  clamp: [
    { low: 0, high: 1 },
    { low: -1, high: 0 },
    { low: 3, high: 3 },
  ],
  hardtanh: [{ low: 0, high: 6 }],
  pow: [-100, -3, -2, -1.3, -1, 1, 1 / 3, 2, 3, 5, 65, 2 ** 24 - 1].map((exponent) => ({
    exponent,
  })),
};

/** What a kernel makes of numbers that are at the end of float32 in between, where float64 has more to come. */
const OVERFLOWS: Readonly<Record<string, number>> = { hardswish: MAX / 8 };

const UNARY = operatorNames().filter((name) => {
  const { inputs, elementwise, inModels, kind } = operatorNamed(name);
  return (
    kind === 'compute' && elementwise && inModels && inputs.length === 1 && name !== 'broadcast'
  );
});

function problemOf(op: string, attributes: Attributes): Problem {
  const builder = new GraphBuilder();
  const shape = [AWKWARD.length];
  const x = new Tensor(builder, builder.addParameter({ name: 'x', shape, init: zeros() }));
  const y = broadcast(applyOperator(op, [x], attributes), ['N', ...shape]);
  return {
    graph: builder.finish({ output: y.node, loss: sum(y).node }),
    rows: 1,
    parameters: [AWKWARD],
    input: new Float32Array(0),
    target: new Float32Array(0),
    context: { seed: 0, epoch: 0, sampleIds: new Uint32Array(1) },
  };
}

/** NaN, an infinity, or a number to some digits; of a zero the sign is of no matter. */
function kindOf(value: number): string {
  return Number.isFinite(value) && Math.abs(value) < MAX ? 'finite' : String(value);
}

describe('kernels and the reference agree on awkward numbers', () => {
  const cases = UNARY.flatMap((op) =>
    (NUMBERS[op] ?? [{}]).map((attributes) => [op, attributes] as const),
  );

  test.each(cases)('%s %j', (op, attributes) => {
    const problem = problemOf(op, attributes);
    const { output } = runReference(problem.graph, { ...problem, precision: 'f64' });
    const pairs = [
      ['value', runProgram(problem, { kind: 'evaluation' }).output, output!.data],
      ['slope', runProgram(problem).gradients[0]!, referenceGradients(problem, 'f64')[0]!],
    ] as const;
    for (const [what, actual, expected] of pairs) {
      for (const [i, x] of AWKWARD.entries()) {
        if (Number.isFinite(x) && Math.abs(x) > (OVERFLOWS[op] ?? MAX)) continue;
        const right = Math.fround(expected[i]!);
        expect(kindOf(actual[i]!), `${what} at ${x}: ${actual[i]}`).toBe(kindOf(right));
        if (kindOf(right) !== 'finite') continue;
        // A few terms, each rounded to float32; slopes of what is nearly 1 are made of its distance from 1.
        const room = 1e-5 * Math.abs(right) + 1e-7;
        expect(Math.abs(actual[i]! - right), `${what} at ${x}`).toBeLessThanOrEqual(room);
      }
    }
  });

  test('none is left out, and those with numbers have some', () => {
    const withNumbers = UNARY.filter((op) => Object.keys(operatorNamed(op).attributes).length > 0);
    expect(withNumbers.sort()).toEqual(Object.keys(NUMBERS).sort());
    expect(UNARY.length).toBeGreaterThan(15);
  });
});

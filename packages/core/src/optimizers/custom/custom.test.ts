// An optimizer that somebody writes: what its function becomes, that the kernels compute what the reference executor
// computes of it, and what is refused, whoever sends it. The built-in ones written so are compared in test/golden.
import { wasm } from '@lockstep/kernels';
import { describe, expect, it } from 'vitest';
import { BoundProgram } from '../../execute/bound-program.js';
import { runReference } from '../../execute/reference.js';
import { abs, maximum, minimum, sign } from '../../model/selection.js';
import {
  add,
  div,
  exp,
  matmul,
  mul,
  neg,
  sqrt,
  sub,
  sum,
  type Tensor,
} from '../../model/tensor.js';
import { planTileUpdate } from '../../plan/tile-update.js';
import { PhiloxSequence } from '../../random/philox.js';
import { cosineSchedule } from '../../schedules/cosine.js';
import { validateOptimizer } from '../optimizer.js';
import { type CustomConfig, optimizer } from './custom.js';
import { customRule } from './rule.js';

const lion = optimizer('lion', {
  state: ['m'],
  options: { learningRate: 1e-4, beta1: 0.9, beta2: 0.99, schedule: cosineSchedule({ steps: 9 }) },
  update: ({ parameter, gradient, state: { m }, learningRate, options: { beta1, beta2 } }) => ({
    parameter: sub(
      parameter,
      mul(learningRate, sign(add(mul(beta1, m), mul(1 - beta1, gradient)))),
    ),
    state: { m: add(mul(beta2, m), mul(1 - beta2, gradient)) },
  }),
});

/** With everything in it that an update may use. */
const everything = optimizer('everything', {
  state: ['a', 'b'],
  update: ({ parameter, gradient, state: { a }, learningRate, step, power }) => {
    const scalar = mul(sqrt(step), exp(neg(power(0.5))));
    const largest = maximum(mul(power(0.9), a), abs(gradient));
    return {
      parameter: sub(parameter, mul(learningRate, div(gradient, add(largest, 0.25)))),
      state: { a: minimum(largest, scalar), b: scalar },
    };
  },
});

function draw(n: number, index: number): Float32Array {
  const sequence = new PhiloxSequence(5, 98, index);
  return Float32Array.from({ length: n }, () => 2 * sequence.nextFloat() - 1);
}

const STEPS = 3;

/** The vectors after some steps, by the reference executor. */
function byReference(config: CustomConfig, n: number): Float32Array[] {
  const rule = customRule(config);
  let state = [draw(n, 0), ...config.state.map(() => new Float32Array(n))];
  const scalars = new Float32Array(rule.scalarCount);
  for (let step = 0; step < STEPS; step++) {
    rule.scalars(step, config.learningRate, scalars);
    const [parameters, ...vectors] = state;
    const results = runReference(rule.graph, {
      rows: n,
      precision: 'f32',
      parameters: [],
      vectors: [parameters!, draw(n, step + 1), ...vectors],
      scalars,
    });
    state = Object.values(results).map(({ data }) => data as Float32Array);
  }
  return state;
}

/** The same by a program over two states that take turns, bound once and moved. */
function byKernels(config: CustomConfig, n: number): Float32Array[] {
  const rule = customRule(config);
  const vectors = 1 + rule.slots.length;
  const program = planTileUpdate(rule.graph, 4 * n, n);
  const start = 65_536;
  const states = [start, start + 4 * n * vectors] as const;
  const partial = states[1] + 4 * n * vectors;
  const scalars = partial + 4 * n;
  const arena = scalars + 1024;
  const memory = wasm.createMemory(arena + program.arenaBytes);
  const view = (address: number, length = n): Float32Array =>
    new Float32Array(memory.buffer, address, length);
  const none = { buffers: 0, 'new buffers': 0, constants: 0 };
  const bases = (step: number) => ({
    ...none,
    ...{ state: states[step % 2]!, 'new state': states[(step + 1) % 2]! },
    ...{ partial, scalars, arena },
  });
  const bound = new BoundProgram(program, wasm.kernels(memory), {
    ...{ bases: bases(1), rows: n, seed: 0, moves: true },
  });
  view(states[0]).set(draw(n, 0));
  for (let step = 0; step < STEPS; step++) {
    rule.scalars(step, config.learningRate, view(scalars, rule.scalarCount));
    view(partial).set(draw(n, step + 1));
    bound.move(bases(step));
    bound.compute(0, 0);
  }
  const last = states[STEPS % 2]!;
  return Array.from({ length: vectors }, (_, vector) => view(last + 4 * n * vector));
}

describe.each([
  ['lion', lion],
  ['everything', everything],
])('%s', (_, config) => {
  it.each([1, 4, 100])('is on the kernels what it is by the reference executor, n = %d', (n) => {
    const expected = byReference(config, n);
    for (const [vector, values] of byKernels(config, n).entries()) {
      expect(Array.from(values)).toEqual(Array.from(expected[vector]!));
    }
  });

  it('comes back from JSON unchanged', () => {
    expect(validateOptimizer(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});

describe('an update', () => {
  it('that computes with single numbers does so in float64, once a step', () => {
    const config = optimizer('scaled', {
      options: { learningRate: 0.1 },
      update: ({ parameter, gradient, learningRate, power }) => ({
        parameter: sub(parameter, mul(div(learningRate, sub(1, power(0.999))), gradient)),
      }),
    });
    const rule = customRule(config);
    expect(rule.scalarCount).toBe(1);
    const out = new Float64Array(1);
    rule.scalars(1, 0.1, out);
    expect(out[0]).toBe(0.1 / (1 - 0.999 * 0.999));
  });

  it('may leave its parameters alone, hand on the gradient and forget it', () => {
    const config = optimizer('lazy', {
      state: ['last', 'zero'],
      update: ({ parameter, gradient, step }) => ({
        parameter,
        state: { last: gradient, zero: sub(step, step) },
      }),
    });
    const [parameters, last, zero] = byKernels(config, 5);
    expect(parameters).toEqual(draw(5, 0));
    expect(last).toEqual(draw(5, STEPS));
    expect(zero).toEqual(new Float32Array(5));
  });

  const update = (build: (inputs: { parameter: Tensor; gradient: Tensor }) => unknown) => () =>
    optimizer('mine', { state: ['m'], update: build as never });

  it.each([
    [
      'is no function',
      () => optimizer('mine', { update: 1 as never }),
      'mine: update is 1, expected a function',
    ],
    [
      'gives nothing',
      update(() => undefined),
      'mine: update: gave nothing, expected { parameter, state }',
    ],
    [
      'gives a promise',
      update(async ({ parameter }) => ({ parameter })),
      'mine: update: gave a promise',
    ],
    [
      'gives a tensor',
      update(({ parameter }) => parameter),
      'gave a tensor, expected { parameter, state }',
    ],
    [
      'gives a number',
      update(() => ({ parameter: 1 })),
      'mine: update: the new parameter is 1, expected a tensor',
    ],
    [
      'leaves out state',
      update(({ parameter }) => ({ parameter })),
      'the new state "m" is nothing',
    ],
    [
      'gives state that it has not',
      update(({ parameter }) => ({ parameter, state: { m: parameter, v: parameter } })),
      'gave a new "v", which is not in the optimizer\'s state',
    ],
    [
      'sums over elements',
      update(({ parameter, gradient }) => ({
        parameter: sum(gradient, { axes: 0 }),
        state: { m: parameter },
      })),
      'mine: sum: the batch axis',
    ],
    [
      'multiplies matrices',
      update(({ parameter }) => ({ parameter: matmul(parameter, [[1]]), state: { m: parameter } })),
      'mine: ',
    ],
    [
      'reads a list of numbers',
      update(({ parameter }) => ({ parameter, state: { m: mul(parameter, [2]) } })),
      'an optimizer works element by element, and may not use this operator',
    ],
  ])('that %s is refused', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('options', () => {
  it('weight decay is one number a step, so that groups can have their own', () => {
    const make = (options: object, uses: boolean) =>
      optimizer('decaying', {
        options: options as { weightDecay: number },
        update: ({ parameter, weightDecay }) => ({
          parameter: uses ? mul(parameter, sub(1, weightDecay)) : parameter,
        }),
      });
    const config = make({ weightDecay: 0.25 }, true);
    expect(validateOptimizer(JSON.parse(JSON.stringify(config)))).toEqual(config);
    const scalar = (of: CustomConfig): number | undefined => {
      const out = new Float32Array(1);
      customRule(of).scalars(0, 0.1, out);
      return out[0];
    };
    expect(scalar(config)).toBe(0.75);
    expect(scalar({ ...config, weightDecay: 0.5 })).toBe(0.5);
    expect(scalar(make({}, true))).toBe(1);
    expect(() => make({ weightDecay: 0.1 }, false)).toThrow(
      'decaying: weightDecay is given, and the update does not use it',
    );
    expect(() => make({ weightDecay: -1 }, true)).toThrow('decaying: weightDecay must be');
  });

  it('are numbers, and clip and schedule as everybody’s', () => {
    expect(lion).toMatchObject({ kind: 'custom', name: 'lion', learningRate: 1e-4, state: ['m'] });
    expect(lion.schedule).toEqual(cosineSchedule({ steps: 9 }));
    const make = (options: object) => () =>
      optimizer('mine', { options: options as never, update: ({ parameter }) => ({ parameter }) });
    expect(make({ clipNorm: 1, clipValue: 2 })()).toMatchObject({ clipNorm: 1, clipValue: 2 });
    expect(make({ beta: 'x' })).toThrow('mine: beta must be a finite float32, got "x"');
    expect(make({ clipNorm: 0 })).toThrow('mine: clipNorm must be');
    expect(make([])).toThrow('mine: options are');
  });

  it.each([
    [['m', 'm'], 'mine: state: two vectors are called "m"'],
    [['a.b'], 'mine: state: "a.b" is no name'],
    [['1'], 'mine: state: "1" is no name'],
    [Array.from({ length: 17 }, (_, i) => `m${i}`), 'mine: state has 17 vectors, at most 16'],
    ['m', 'mine: state is "m", expected a list of names'],
  ])('state %j is refused', (state, message) => {
    const make = () => optimizer('mine', { state: state as never, update: (() => ({})) as never });
    expect(make).toThrow(message);
  });
});

describe('what comes from outside', () => {
  const json = (): Record<string, never> => JSON.parse(JSON.stringify(lion));
  const node = (change: object) => {
    const copy = json() as unknown as { update: { nodes: object[] } };
    Object.assign(copy.update.nodes.at(-1)!, change);
    return copy;
  };
  const updated = (change: object) => {
    const copy = json();
    return { ...copy, update: { ...(copy.update as object), ...change } };
  };

  it.each([
    ['a name that is none', { ...json(), name: '' }],
    ['no update', { ...json(), update: undefined }],
    ['an unknown option', { ...json(), beta1: 0.9 }],
    ['an operator that is no elementwise one', node({ op: 'matmul' })],
    ['an operator of gradients', node({ op: 'reluGrad' })],
    ['an unknown operator', node({ op: 'constructor' })],
    [
      'what models read',
      node({ op: 'parameter', inputs: [], attributes: { index: 0, shape: [2] } }),
    ],
    ['an input', node({ op: 'input', inputs: [], attributes: { shape: ['N'] } })],
    ['a vector that there is not', node({ op: 'vector', inputs: [], attributes: { index: 3 } })],
    [
      'a scalar that there is not',
      node({ op: 'scalar', inputs: [], attributes: { index: 3 }, shape: [] }),
    ],
    [
      'another shape',
      node({ op: 'broadcast', inputs: [0], attributes: { shape: ['N', 2] }, shape: ['N', 2] }),
    ],
    [
      'a shape without a batch',
      node({ op: 'broadcast', inputs: [0], attributes: { shape: [2] }, shape: [2] }),
    ],
    ['a node that comes later', node({ inputs: [99, 99] })],
    ['too many nodes', updated({ nodes: Array(1001).fill({}) })],
    ['too few outputs', updated({ outputs: [0] })],
    ['an output that there is not', updated({ outputs: [0, 99] })],
    [
      'an output that is one number',
      updated({
        outputs: [0, lion.update.nodes.findIndex(({ shape }) => shape.length === 0)],
      }),
    ],
    ['a power of what is no number', updated({ powers: [Number.NaN] })],
    ['a hole in a list', updated({ outputs: Array(2) })],
    ['state without a vector', { ...json(), state: [] }],
  ])('is refused with %s', (_, config) => {
    expect(() => validateOptimizer(config)).toThrow();
  });
});

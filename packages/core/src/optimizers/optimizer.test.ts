// The rules' arithmetic: in float64 against formulas written out once more, in float32 against the
// WebAssembly kernels, bit for bit. Golden values from PyTorch are compared in the repository's test/golden.
import { heapBase, type UpdateKernel, wasm } from '@lockstep/kernels';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { PhiloxSequence } from '../random/philox.js';
import { cosineSchedule } from '../schedules/cosine.js';
import { adam } from './adam.js';
import { adamw } from './adamw.js';
import { type BuiltInConfig, optimizerRule, validateOptimizer } from './optimizer.js';
import { rmsprop } from './rmsprop.js';
import type { Scalars, Vector } from './rule.js';
import { sgd } from './sgd.js';
import { StepScalars } from './step-scalars.js';

const CONFIGS: readonly [string, BuiltInConfig][] = [
  ['sgd', sgd()],
  ['sgd with weight decay', sgd({ weightDecay: 0.01 })],
  ['sgd with momentum', sgd({ momentum: 0.9 })],
  [
    'sgd with momentum, dampening and weight decay',
    sgd({ momentum: 0.9, dampening: 0.1, weightDecay: 0.1 }),
  ],
  ['sgd with nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
  ['adam', adam()],
  ['adam with weight decay', adam({ weightDecay: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-5 })],
  ['adamw', adamw({ learningRate: 0.01, weightDecay: 0.1 })],
  ['rmsprop', rmsprop()],
  ['rmsprop with weight decay', rmsprop({ weightDecay: 0.1, alpha: 0.9 })],
  ['rmsprop with momentum', rmsprop({ momentum: 0.9, weightDecay: 0.01 })],
];

const STEPS = 6;

/** Parameters and gradients of many magnitudes, zeros among them. */
function draw(n: number, index: number): Float32Array {
  const sequence = new PhiloxSequence(17, 99, index);
  return Float32Array.from({ length: n }, () => {
    const magnitude = 10 ** (sequence.nextBelow(10) - 7);
    return sequence.nextBelow(8) === 0 ? 0 : (2 * sequence.nextFloat() - 1) * magnitude;
  });
}

function scalarsOf(config: BuiltInConfig, step: number): Scalars<UpdateKernel> {
  const scalars = {} as Scalars<UpdateKernel>;
  optimizerRule(config).scalars(step, config.learningRate, scalars);
  return scalars;
}

/** The parameters [n] after STEPS steps by the oracle, in the precision of `make`. */
function referenceRun<V extends Vector>(
  config: BuiltInConfig,
  n: number,
  make: (values: Float32Array) => V,
): { p: V; slots: V[] } {
  const rule = optimizerRule(config);
  const p = make(draw(n, 0));
  const slots = rule.slots.map(() => make(new Float32Array(n)));
  for (let step = 0; step < STEPS; step++) {
    rule.reference(scalarsOf(config, step), p, slots, make(draw(n, step + 1)));
  }
  return { p, slots };
}

/** One parameter's path by the published formulas, in float64 and in their own order. */
function formulaRun(config: BuiltInConfig, start: number, gradients: readonly number[]): number {
  const rate = config.learningRate;
  let [p, first, second] = [start, 0, 0];
  for (const [step, gradient] of gradients.entries()) {
    const t = step + 1;
    const g = config.kind === 'adamw' ? gradient : gradient + config.weightDecay * p;
    if (config.kind === 'sgd') {
      first = step === 0 ? g : config.momentum * first + (1 - config.dampening) * g;
      p -= rate * (config.nesterov ? g + config.momentum * first : first);
    } else if (config.kind === 'rmsprop') {
      second = config.alpha * second + (1 - config.alpha) * g ** 2;
      first = config.momentum * first + g / (Math.sqrt(second) + config.epsilon);
      p -= rate * first;
    } else {
      if (config.kind === 'adamw') p -= rate * config.weightDecay * p;
      first = config.beta1 * first + (1 - config.beta1) * g;
      second = config.beta2 * second + (1 - config.beta2) * g ** 2;
      const mean = first / (1 - config.beta1 ** t);
      const variance = second / (1 - config.beta2 ** t);
      p -= (rate * mean) / (Math.sqrt(variance) + config.epsilon);
    }
  }
  return p;
}

describe.each(CONFIGS)('%s', (_name, config) => {
  it('follows its formula in float64', () => {
    const n = 50;
    const { p } = referenceRun(config, n, (values) => Float64Array.from(values));
    const start = draw(n, 0);
    const gradients = Array.from({ length: STEPS }, (_, step) => draw(n, step + 1));
    for (let i = 0; i < n; i++) {
      const expected = formulaRun(
        config,
        start[i]!,
        gradients.map((g) => g[i]!),
      );
      // Six steps of a dozen float64 roundings each, relative to the largest number that went in: a
      // gradient, or a step of the learning rate.
      const size = Math.max(...gradients.map((g) => Math.abs(g[i]!)), Math.abs(expected), 0.1);
      expect(Math.abs(p[i]! - expected)).toBeLessThan(100 * 2 ** -53 * size);
    }
  });

  it.each([0, 1, 3, 4, 7, 64, 1001])('gives the kernel’s bits in float32, n = %d', (n) => {
    const rule = optimizerRule(config);
    const names = rule.slots;
    const memory = wasm.createMemory(1 << 20);
    const kernels = wasm.kernels(memory);
    // Two copies of the parameters and states, used in turn, as the trainer does; then the gradient.
    const address = (vector: number) => heapBase + vector * 4096;
    const view = (vector: number) => new Float32Array(memory.buffer, address(vector), n);
    const scalars = new StepScalars(rule, memory, address(9));
    view(0).set(draw(n, 0));
    for (let step = 0; step < STEPS; step++) {
      const old = step % 2;
      view(8).set(draw(n, step + 1));
      scalars.write(step, config.learningRate, 1);
      const finite = kernels[rule.kernel](
        address(4 * (1 - old)),
        address(4 * old),
        address(1) - address(0),
        address(8),
        0,
        n,
        scalars.address,
      );
      expect(finite).toBe(1);
    }
    const { p, slots } = referenceRun(config, n, (values) => Float32Array.from(values));
    const copy = 4 * (STEPS % 2);
    expect(Array.from(view(copy))).toEqual(Array.from(p));
    for (const [slot, values] of slots.entries()) {
      expect(Array.from(view(copy + slot + 1)), names[slot]).toEqual(Array.from(values));
    }
  });

  it('comes back from JSON unchanged', () => {
    expect(validateOptimizer(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});

describe('slots', () => {
  it('are named as in PyTorch', () => {
    const slots = (config: BuiltInConfig) => optimizerRule(config).slots;
    expect(slots(sgd())).toEqual([]);
    expect(slots(sgd({ momentum: 0.5 }))).toEqual(['momentum_buffer']);
    expect(slots(adam())).toEqual(['exp_avg', 'exp_avg_sq']);
    expect(slots(adamw())).toEqual(['exp_avg', 'exp_avg_sq']);
    expect(slots(rmsprop())).toEqual(['square_avg']);
    expect(slots(rmsprop({ momentum: 0.5 }))).toEqual(['square_avg', 'momentum_buffer']);
  });
});

describe('options', () => {
  it('have PyTorch’s defaults', () => {
    expect(sgd()).toEqual({
      kind: 'sgd',
      learningRate: 0.01,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
    });
    const moments = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    expect(adam()).toEqual({ kind: 'adam', ...moments, weightDecay: 0 });
    expect(adamw()).toEqual({ kind: 'adamw', ...moments, weightDecay: 0.01 });
    expect(rmsprop()).toEqual({
      kind: 'rmsprop',
      learningRate: 0.01,
      alpha: 0.99,
      epsilon: 1e-8,
      momentum: 0,
      weightDecay: 0,
    });
  });

  it('keep a schedule and the clipping limits', () => {
    const schedule = cosineSchedule({ steps: 100 });
    const config = adam({ schedule, clipNorm: 1, clipValue: 0.5 });
    expect(config).toMatchObject({ schedule, clipNorm: 1, clipValue: 0.5 });
    expect(validateOptimizer(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it('are refused by name', () => {
    expect(() => adam({ beta1: 1 })).toThrow(
      'adam: beta1 must be a finite float32 >= 0 and < 1, got 1',
    );
    expect(() => sgd({ nesterov: true })).toThrow(
      'sgd: nesterov needs momentum > 0 and dampening 0, got momentum 0 and dampening 0',
    );
    expect(() => validateOptimizer({ kind: 'lion' })).toThrow(
      'optimizer: kind must be one of sgd, adam, adamw, rmsprop, got "lion"',
    );
    expect(() => validateOptimizer({ kind: 'adam', momentum: 0.9 })).toThrow(
      'adam: unknown option "momentum"; the options are learningRate, schedule, clipNorm, clipValue, beta1, beta2, epsilon, weightDecay',
    );
  });

  it.each([
    [null],
    [[]],
    [{ kind: 'hasOwnProperty' }],
    [{ kind: 'sgd', learningRate: -0.1 }],
    [{ kind: 'sgd', learningRate: Number.NaN }],
    [{ kind: 'sgd', learningRate: 1e39 }],
    [{ kind: 'sgd', learningRate: '0.1' }],
    [{ kind: 'sgd', learningRate: null }],
    [{ kind: 'sgd', momentum: 1 }],
    [{ kind: 'sgd', momentum: 0.9, dampening: 0.1, nesterov: true }],
    [{ kind: 'sgd', nesterov: 1 }],
    [{ kind: 'sgd', clipNorm: 0 }],
    [{ kind: 'sgd', clipValue: -1 }],
    [{ kind: 'sgd', schedule: { kind: 'step' } }],
    [{ kind: 'sgd', schedule: null }],
    [{ kind: 'adam', beta2: 1 }],
    [{ kind: 'adam', epsilon: -1e-8 }],
    [{ kind: 'adam', epsilon: 0 }],
    [{ kind: 'rmsprop', epsilon: 1e-40 }],
    [{ kind: 'adamw', weightDecay: -0.1 }],
    [{ kind: 'rmsprop', alpha: 1 }],
    [{ kind: 'rmsprop', centered: true }],
  ])('refuses %j', (json) => {
    expect(() => validateOptimizer(json)).toThrow(ConfigError);
  });
});

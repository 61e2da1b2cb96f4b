import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { initialize } from './initialize.js';
import {
  biasUniform,
  constant,
  heNormal,
  heUniform,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  uniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializer.js';
import { validateInitializer } from './validate.js';

const WEIGHT = [128, 784];

function moments(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

describe('initialize', () => {
  // Part of every run's identity: a change here changes all weights.
  it('keeps its first values for ever', () => {
    const first = (initializer: Initializer) => Array.from(initialize(initializer, [2, 3], 7, 1));
    expect(first(uniform({ low: -1, high: 1 }))).toEqual([
      0.06568217277526855, 0.2568190097808838, -0.0011625289916992188, -0.1590261459350586,
      0.9314086437225342, -0.38801252841949463,
    ]);
    expect(first(normal())).toEqual([
      -1.2337549924850464, 2.2730956077575684, -0.019681280478835106, 2.483595609664917,
      -0.0960080549120903, 0.6752685904502869,
    ]);
    expect(first(kaimingUniform()).slice(0, 2)).toEqual([0.03792161867022514, 0.1482745260000229]);
  });

  it.each([
    ['kaimingUniform', kaimingUniform(), 1 / Math.sqrt(784)],
    ['heUniform', heUniform(), Math.sqrt(6 / 784)],
    ['xavierUniform', xavierUniform({ gain: 2 }), 2 * Math.sqrt(6 / (784 + 128))],
    ['biasUniform', biasUniform({ fanIn: 784 }), 1 / Math.sqrt(784)],
  ] as const)('%s fills its bounds evenly', (_name, initializer, bound) => {
    const values = initialize(initializer, WEIGHT, 0, 0);
    const largest = values.reduce((a, b) => Math.max(a, b));
    const smallest = values.reduce((a, b) => Math.min(a, b));
    // Of 100,352 draws the most extreme one comes this close to the bound but for e^-10 of the seeds.
    // The bound itself is a float64, at most half a float32 unit from its float32.
    expect(largest).toBeLessThan(bound * (1 + 2 ** -24));
    expect(largest).toBeGreaterThan(bound * (1 - 20 / values.length));
    expect(smallest).toBeGreaterThanOrEqual(-bound * (1 + 2 ** -24));
    expect(smallest).toBeLessThan(-bound * (1 - 20 / values.length));
    const { mean, variance } = moments(values);
    // Five standard errors: of the mean σ/√n, of a uniform's variance σ² √(0.8/n).
    const deviation = bound / Math.sqrt(3);
    expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(Math.abs(variance / deviation ** 2 - 1)).toBeLessThan(
      5 * Math.sqrt(0.8 / values.length),
    );
  });

  it.each([
    ['normal', normal({ mean: 3, std: 2 }), 3, 2],
    ['heNormal', heNormal(), 0, Math.sqrt(2 / 784)],
    ['kaimingNormal', kaimingNormal({ a: 1 }), 0, Math.sqrt(1 / 784)],
    ['xavierNormal', xavierNormal(), 0, Math.sqrt(2 / (784 + 128))],
  ] as const)('%s has its mean, deviation and tails', (_name, initializer, center, deviation) => {
    const values = initialize(initializer, WEIGHT, 0, 0);
    const { mean, variance } = moments(values);
    // Five standard errors: of the mean σ/√n, of a normal's variance σ² √(2/n).
    expect(Math.abs(mean - center)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(Math.abs(variance / deviation ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    const beyondTwo = values.filter((x) => Math.abs(x - center) > 2 * deviation).length;
    // 4.55% lie beyond two deviations; five standard errors of that share.
    expect(Math.abs(beyondTwo / values.length - 0.0455)).toBeLessThan(
      5 * Math.sqrt((0.0455 * 0.9545) / values.length),
    );
  });

  it('counts a convolution’s receptive field in fan_in and fan_out', () => {
    const shape = [8, 3, 5, 5];
    const largest = (initializer: Initializer) =>
      initialize(initializer, shape, 1, 0).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    // 600 draws: the largest is within 3% of the bound but for e^-18 of the seeds.
    for (const [initializer, bound] of [
      [heUniform(), Math.sqrt(6 / 75)],
      [xavierUniform(), Math.sqrt(6 / (75 + 200))],
    ] as const) {
      expect(largest(initializer)).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest(initializer)).toBeGreaterThan(0.97 * bound);
    }
  });

  it('never leaves [low, high), even when float32 has three values there', () => {
    const low = 1 - 2 ** -25;
    const high = 1 + 2 ** -22;
    const values = new Set(initialize(uniform({ low, high }), [1000], 0, 0));
    expect([...values].sort()).toEqual([1, 1 + 2 ** -23]);
    expect(() => initialize(uniform({ low: 1 + 2 ** -40, high: 1 + 2 ** -30 }), [4], 0, 0)).toThrow(
      /no float32 lies in/,
    );
  });

  it('draws each element from its own place, so a longer parameter begins like a shorter one', () => {
    for (const initializer of [normal(), uniform({ low: 0, high: 1 })]) {
      const long = initialize(initializer, [1000], 3, 2);
      expect(initialize(initializer, [10], 3, 2)).toEqual(long.slice(0, 10));
    }
  });

  it('differs by seed and by parameter', () => {
    const draw = (seed: number, parameter: number) => initialize(normal(), [8], seed, parameter);
    const all = [draw(0, 0), draw(1, 0), draw(0, 1), draw(2 ** 32, 0)].map((values) =>
      values.join(),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  it('fills constants, and a scalar', () => {
    expect(initialize(zeros(), [2, 2], 0, 0)).toEqual(new Float32Array(4));
    expect(initialize(constant(0.1), [3], 0, 0)).toEqual(new Float32Array([0.1, 0.1, 0.1]));
    expect(initialize(constant(2), [], 0, 0)).toEqual(new Float32Array([2]));
  });

  it('refuses shapes that do not suit', () => {
    expect(() => initialize(heUniform(), [10], 0, 0)).toThrow(
      'kaiming-uniform initializer: needs a shape of at least 2 dimensions, got [10]',
    );
    expect(() => initialize(zeros(), [2 ** 20, 2 ** 20], 0, 0)).toThrow(ConfigError);
    expect(() => initialize(zeros(), [3, 0], 0, 0)).toThrow(ConfigError);
    expect(() => initialize(zeros(), [1.5], 0, 0)).toThrow(ConfigError);
    expect(() => initialize(zeros(), [3], -1, 0)).toThrow(ConfigError);
  });
});

describe('validateInitializer', () => {
  it.each([
    zeros(),
    constant(1),
    uniform({ low: -2, high: 3 }),
    normal({ std: 0.02 }),
    kaimingUniform(),
    kaimingNormal(),
    heUniform(),
    heNormal(),
    xavierUniform(),
    xavierNormal({ gain: 5 / 3 }),
    biasUniform({ fanIn: 64 }),
  ])('takes $kind back from JSON unchanged', (initializer) => {
    expect(validateInitializer(JSON.parse(JSON.stringify(initializer)))).toEqual(initializer);
  });

  it.each([
    [null],
    [[]],
    ['zeros'],
    [{}],
    [{ kind: 'toString' }],
    [{ kind: '__proto__' }],
    [{ kind: 'zeros', value: 1 }],
    [{ kind: 'constant' }],
    [{ kind: 'constant', value: Number.NaN }],
    [{ kind: 'constant', value: 1e39 }],
    [{ kind: 'constant', value: '1' }],
    [{ kind: 'uniform', low: 1, high: 1 }],
    [{ kind: 'uniform', low: 1 }],
    [{ kind: 'normal', std: -1 }],
    [{ kind: 'normal', std: 1e31 }],
    [{ kind: 'kaiming-uniform', a: null }],
    [{ kind: 'xavier-normal', gain: 0 }],
    [{ kind: 'bias-uniform', fanIn: 2.5 }],
    [{ kind: 'bias-uniform', fanIn: 0 }],
  ])('refuses %j', (json) => {
    expect(() => validateInitializer(json)).toThrow(ConfigError);
  });

  it('names the kind and the option that it does not know', () => {
    expect(() => validateInitializer({ kind: 'magic' })).toThrow(
      'initializer: kind must be one of zeros, constant, uniform, normal, kaiming-uniform, kaiming-normal, xavier-uniform, xavier-normal, zero-row, bias-uniform, got "magic"',
    );
    expect(() => validateInitializer({ kind: 'normal', sigma: 1 })).toThrow(
      'normal initializer: unknown option "sigma"; the options are mean, std',
    );
  });
});

it('a row of zeros leaves all other elements as they are', () => {
  const of = { kind: 'normal', mean: 0, std: 1 } as const;
  const plain = initialize(of, [3, 2], 7, 1);
  const padded = initialize({ kind: 'zero-row', row: 1, of }, [3, 2], 7, 1);
  expect([...padded]).toEqual([plain[0], plain[1], 0, 0, plain[4], plain[5]]);
  expect(() => initialize({ kind: 'zero-row', row: 3, of }, [3, 2], 7, 1)).toThrow('row 3 is none');
  const json = { kind: 'zero-row', row: 2, of: { kind: 'zeros' } };
  expect(validateInitializer(JSON.parse(JSON.stringify(json)))).toEqual(json);
  for (const wrong of [
    { of: { kind: 'zeros' } },
    { row: -1, of: { kind: 'zeros' } },
    { row: 1, of: json },
  ]) {
    expect(() => validateInitializer({ kind: 'zero-row', ...wrong })).toThrow(ConfigError);
  }
});

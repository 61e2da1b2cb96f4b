import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { cosineSchedule } from './cosine.js';
import { constantSchedule, exponentialSchedule, stepSchedule } from './decay.js';
import { oneCycleSchedule } from './one-cycle.js';
import { learningRateAt, resolveSchedule, type Schedule, validateSchedule } from './schedule.js';
import { warmupSchedule } from './warmup.js';

/** The rates of the first `count` steps from a base of 0.01. */
function rates(schedule: Schedule | undefined, count: number): number[] {
  return Array.from({ length: count }, (_, step) => learningRateAt(schedule, 0.01, step));
}

/** A few float64 roundings: the formulas here multiply and add in another order than the schedule. */
const ROUNDING = 1e-14;

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) {
    expect(Math.abs(value - expected[i]!), `entry ${i}`).toBeLessThanOrEqual(
      ROUNDING * Math.abs(expected[i]!),
    );
  }
}

describe('learningRateAt', () => {
  it('is the base without a schedule and with the constant one', () => {
    expect(rates(undefined, 3)).toEqual([0.01, 0.01, 0.01]);
    expect(rates(constantSchedule(), 3)).toEqual([0.01, 0.01, 0.01]);
  });

  it('step: halves after every three steps', () => {
    expect(rates(stepSchedule({ every: 3, gamma: 0.5 }), 7)).toEqual([
      0.01, 0.01, 0.01, 0.005, 0.005, 0.005, 0.0025,
    ]);
  });

  it('exponential: falls by gamma a step, or smoothly by gamma per `every` steps', () => {
    const each = Array.from({ length: 30 }, (_, t) => 0.01 * 0.9 ** t);
    expectClose(rates(exponentialSchedule({ gamma: 0.9 }), 30), each);
    const slow = Array.from({ length: 30 }, (_, t) => 0.01 * 0.5 ** (t / 7));
    expectClose(rates(exponentialSchedule({ gamma: 0.5, every: 7 }), 30), slow);
  });

  it('cosine: begins at the base, passes the middle half-way, ends at the minimum and stays', () => {
    const schedule = cosineSchedule({ steps: 20, minimum: 0.002 });
    const expected = Array.from(
      { length: 21 },
      (_, t) => 0.002 + (0.008 * (1 + Math.cos((Math.PI * t) / 20))) / 2,
    );
    expectClose(rates(schedule, 21), expected);
    expect(learningRateAt(schedule, 0.01, 0)).toBe(0.01);
    expect(learningRateAt(schedule, 0.01, 20)).toBe(0.002);
    expect(learningRateAt(schedule, 0.01, 1e9)).toBe(0.002);
  });

  it('warmup: rises in a line, reaches the base at its last step and hands over at its step 0', () => {
    const schedule = warmupSchedule({ steps: 4, startFactor: 0.2 });
    expectClose(rates(schedule, 6), [0.002, 0.004, 0.006, 0.008, 0.01, 0.01]);
    const next = stepSchedule({ every: 2, gamma: 0.5 });
    const chained = rates(warmupSchedule({ steps: 4, startFactor: 0.2, next }), 9);
    expect(chained.slice(4)).toEqual([0.01, 0.01, 0.005, 0.005, 0.0025]);
    const twice = warmupSchedule({
      steps: 2,
      startFactor: 0.5,
      next: warmupSchedule({ steps: 2, startFactor: 0.5 }),
    });
    expectClose(rates(twice, 5), [0.005, 0.0075, 0.005, 0.0075, 0.01]);
  });

  it('one cycle: rises to the maximum, falls to the end value and stays there', () => {
    const schedule = oneCycleSchedule({ steps: 40 });
    const wave = (from: number, to: number, x: number) =>
      to + ((from - to) / 2) * (1 + Math.cos(Math.PI * x));
    const expected = Array.from({ length: 40 }, (_, t) =>
      t <= 11 ? wave(0.01 / 25, 0.01, t / 11) : wave(0.01, 0.01 / 25 / 1e4, (t - 11) / 28),
    );
    expectClose(rates(schedule, 40), expected);
    expect(learningRateAt(schedule, 0.01, 11)).toBe(0.01);
    expect(learningRateAt(schedule, 0.01, 39)).toBe(0.01 / 25 / 1e4);
    expect(learningRateAt(schedule, 0.01, 1000)).toBe(0.01 / 25 / 1e4);
    expect(learningRateAt(oneCycleSchedule({ steps: 40, maximum: 0.5 }), 0.01, 11)).toBe(0.5);
  });

  it.each([1, 2, 3, 4])(
    'one cycle over %d steps has a finite, positive rate everywhere',
    (steps) => {
      for (const warmFraction of [0, 0.25, 1 / 3, 0.5, 0.99]) {
        for (let t = 0; t < 6; t++) {
          const rate = learningRateAt(oneCycleSchedule({ steps, warmFraction }), 0.01, t);
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(0.01);
        }
      }
    },
  );

  // The same literals must come out on every engine and every processor.
  it('keeps these bits', () => {
    expect([
      learningRateAt(cosineSchedule({ steps: 1000 }), 0.001, 333),
      learningRateAt(exponentialSchedule({ gamma: 0.97, every: 100 }), 0.001, 333),
      learningRateAt(oneCycleSchedule({ steps: 1000 }), 0.001, 123),
    ]).toEqual([0.000750453312680355, 0.0009035451833810436, 0.00038807117909801174]);
  });
});

describe('resolveSchedule', () => {
  it.each<[string, Schedule, Schedule]>([
    ['cosine', cosineSchedule({ epochs: 2.5 }), cosineSchedule({ steps: 25 })],
    ['cosine to the end', cosineSchedule(), cosineSchedule({ steps: 40 })],
    ['steps', cosineSchedule({ steps: 7 }), cosineSchedule({ steps: 7 })],
    ['one cycle', oneCycleSchedule({ epochs: 3 }), oneCycleSchedule({ steps: 30 })],
    ['step', stepSchedule({ everyEpochs: 2, gamma: 0.5 }), stepSchedule({ every: 20, gamma: 0.5 })],
    [
      'exponential, less than a step',
      exponentialSchedule({ everyEpochs: 0.01, gamma: 0.5 }),
      exponentialSchedule({ every: 1, gamma: 0.5 }),
    ],
    [
      'warm-up, and what is left of the run',
      warmupSchedule({ epochs: 1, next: cosineSchedule({ minimum: 0.1 }) }),
      warmupSchedule({ steps: 10, next: cosineSchedule({ steps: 30, minimum: 0.1 }) }),
    ],
    [
      'warm-up as long as the run',
      warmupSchedule({ steps: 40, next: oneCycleSchedule() }),
      warmupSchedule({ steps: 40, next: oneCycleSchedule({ steps: 1 }) }),
    ],
    ['constant', constantSchedule(), constantSchedule()],
  ])('%s: of 4 epochs of 10 steps', (_, schedule, expected) => {
    // Key by key in the same order: it is part of what a run is.
    expect(JSON.stringify(resolveSchedule(schedule, 10, 40))).toBe(JSON.stringify(expected));
  });

  it('must come before a rate is asked for', () => {
    for (const schedule of [cosineSchedule(), stepSchedule({ everyEpochs: 1, gamma: 0.5 })]) {
      expect(() => learningRateAt(schedule, 0.1, 0)).toThrow('resolveSchedule');
    }
  });
});

describe('validateSchedule', () => {
  const nested = (depth: number): Schedule =>
    depth === 0 ? constantSchedule() : warmupSchedule({ steps: 1, next: nested(depth - 1) });

  it.each([
    constantSchedule(),
    stepSchedule({ every: 3, gamma: 0.1 }),
    exponentialSchedule({ gamma: 0.9 }),
    cosineSchedule({ steps: 10 }),
    oneCycleSchedule({ steps: 10 }),
    oneCycleSchedule({ steps: 10, maximum: 0.1 }),
    warmupSchedule({ steps: 5 }),
    warmupSchedule({ steps: 5, next: cosineSchedule({ steps: 10 }) }),
    nested(7),
  ])('takes $kind back from JSON unchanged', (schedule) => {
    expect(validateSchedule(JSON.parse(JSON.stringify(schedule)))).toEqual(schedule);
  });

  it.each([
    [undefined],
    ['cosine'],
    [{ kind: 'polynomial' }],
    [{ kind: 'constructor' }],
    [{ kind: 'constant', every: 1 }],
    [{ kind: 'step', every: 0, gamma: 0.1 }],
    [{ kind: 'step', every: 1.5, gamma: 0.1 }],
    [{ kind: 'step', every: 1 }],
    [{ kind: 'exponential', gamma: 0 }],
    [{ kind: 'exponential', gamma: 0.9, every: null }],
    [{ kind: 'cosine', steps: 10, minimum: -1 }],
    [{ kind: 'cosine', steps: 10, epochs: 1 }],
    [{ kind: 'cosine', epochs: 0 }],
    [{ kind: 'step', every: 1, everyEpochs: 1, gamma: 0.1 }],
    [{ kind: 'step', gamma: 0.1 }],
    [{ kind: 'one-cycle', steps: 10, warmFraction: 1 }],
    [{ kind: 'one-cycle', steps: 10, maximum: Number.POSITIVE_INFINITY }],
    [{ kind: 'one-cycle', steps: 10, divFactor: '25' }],
    [{ kind: 'warmup', steps: 10, startFactor: 0 }],
    [{ kind: 'warmup', steps: 10, startFactor: 1.1 }],
    [{ kind: 'warmup', steps: 10, next: { kind: 'step' } }],
    [{ kind: 'warmup' }],
    [nested(8)],
  ])('refuses %j', (json) => {
    expect(() => validateSchedule(json)).toThrow(ConfigError);
  });
});

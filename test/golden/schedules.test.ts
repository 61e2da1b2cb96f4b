// Every schedule against PyTorch's, step by step (schedules.json, made by golden_schedules.py).
import { learningRateAt, validateSchedule } from '@lockstep/core';
import { describe, expect, it } from 'vitest';
import { goldenSchedules } from './golden.js';

type Options = Readonly<Record<string, number | boolean>>;

const cosine = (o: Options) => ({ kind: 'cosine', steps: o.totalSteps, minimum: o.minimum });
const warmup = (o: Options) => ({
  kind: 'warmup',
  steps: o.warmUpSteps,
  startFactor: o.startFactor,
});

/** The golden file's names and words, as our schedules. */
const SCHEDULES: Record<string, (o: Options) => unknown> = {
  constant: () => ({ kind: 'constant' }),
  step: (o) => ({ kind: 'step', every: o.stepSize, gamma: o.gamma }),
  exponential: (o) => ({ kind: 'exponential', gamma: o.gamma }),
  cosine,
  'linear warm-up': warmup,
  'linear warm-up, then cosine': (o) => ({ ...warmup(o), next: cosine(o) }),
  'one cycle': (o) => ({
    kind: 'one-cycle',
    steps: o.totalSteps,
    warmFraction: o.warmUpFraction,
    divFactor: o.divide,
    finalDivFactor: o.finalDivide,
  }),
};

describe.each(goldenSchedules().map((test) => [test.name, test] as const))('%s', (name, test) => {
  it.each(['torch', 'formula'] as const)('has the rates of %s', (source) => {
    const schedule = validateSchedule(SCHEDULES[name]!(test.options));
    for (const [step, expected] of test[source].entries()) {
      const rate = learningRateAt(schedule, test.learningRate, step);
      // Measured: 1.5e-14 relative at worst, at the foot of the cosine, where 1 + cos cancels. PyTorch's
      // own two ways to compute a rate differ by 5e-15.
      expect(Math.abs(rate / expected - 1), `step ${step}`).toBeLessThan(5e-14);
    }
  });
});

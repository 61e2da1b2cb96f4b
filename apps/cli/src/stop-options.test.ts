import type { StopRule } from '@lockstep/core';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addStopOptions, recordedStop, type StopFlags, stopComparisons } from './stop-options.js';

function parse(...args: string[]): StopFlags {
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  addStopOptions(command);
  return command.parse(args, { from: 'user' }).opts();
}

const STOPPING: StopRule = {
  monitor: { metric: 'validation.accuracy', better: 'larger' },
  patience: 3,
  minDelta: 0.01,
  keep: 'best',
  target: [{ metric: 'validation.accuracy', better: 'larger', value: 0.9 }],
  maxSeconds: null,
};

it('every flag has its value; targets may come one by one or with commas', () => {
  expect(parse()).toEqual({});
  const flags = parse(
    ...['--validation', '0.1', '--patience', '3', '--min-delta', '1e-3', '--monitor', 'accuracy'],
    ...['--keep', 'best', '--target-metric', 'accuracy=0.97,f1=.5', '--target-metric', 'loss=-1'],
    ...['--max-seconds', '1.5'],
  );
  expect(flags).toEqual({
    ...{ validation: 0.1, patience: 3, minDelta: 0.001, monitor: 'accuracy', keep: 'best' },
    ...{ targetMetric: { accuracy: 0.97, f1: 0.5, loss: -1 }, maxSeconds: 1.5 },
  });
});

it.each([
  ['--validation', '0', /above 0 and below 1/],
  ['--validation', '1', /above 0 and below 1/],
  ['--validation', 'data.csv', /such as 0\.1/],
  ['--patience', '0', /from 1 to/],
  ['--keep', 'all', /last, best/],
  ['--target-metric', 'accuracy', /such as accuracy=0\.97/],
  ['--target-metric', 'a=1,a=2', /a has two values/],
])('%s %s is refused', (flag, value, message) => {
  expect(() => parse(flag, value)).toThrow(message);
});

describe('a run that goes on', () => {
  const different = (flags: StopFlags): string[] =>
    stopComparisons(flags, { validation: 0.1, stopping: STOPPING })
      .filter(([flag, given, recorded]) => flag in flags && given !== recorded)
      .map(([flag]) => flag);

  it('takes the flags that it began with, under any name of a metric', () => {
    expect(different({ validation: 0.1, patience: 3, minDelta: 0.01, keep: 'best' })).toEqual([]);
    for (const name of ['accuracy', 'validation.accuracy']) {
      expect(different({ monitor: name, targetMetric: { [name]: 0.9 } })).toEqual([]);
    }
  });

  it('takes no other', () => {
    expect(different({ validation: 0.2, patience: 4, minDelta: 0 })).toHaveLength(3);
    expect(different({ monitor: 'validation.loss', targetMetric: { accuracy: 0.8 } })).toHaveLength(
      2,
    );
    expect(different({ keep: 'last', maxSeconds: 9 })).toHaveLength(2);
  });

  it('gives the flags that it comes of', () => {
    expect(recordedStop({ validation: 0.1, stopping: STOPPING })).toEqual({
      ...{ validation: 0.1, patience: 3, minDelta: 0.01, monitor: 'validation.accuracy' },
      ...{ keep: 'best', targetMetric: { 'validation.accuracy': 0.9 } },
    });
    expect(recordedStop({})).toEqual({});
  });
});

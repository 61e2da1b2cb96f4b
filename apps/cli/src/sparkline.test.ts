import type { EpochEndEvent } from '@lockstep/trainer';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { curveLines, curvePoint, sparkline } from './sparkline.js';

const plain = pc.createColors(false);

describe('a sparkline', () => {
  test.each<[string, readonly number[], string]>([
    ['goes from the least to the largest', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['goes down as its values do', [0.35, 0.15, 0.1, 0.08, 0.06], '█▃▂▁▁'],
    ['of two values has both ends', [2, -1], '█▁'],
    ['of one value is flat', [5], '▄'],
    ['of equal values is flat', [1, 1, 1], '▄▄▄'],
    ['stands the largest numbers there are', [-Number.MAX_VALUE, 0, Number.MAX_VALUE], '▁▅█'],
  ])('%s', (_, values, line) => {
    expect(sparkline(values)).toBe(line);
  });

  test('of more values than cells has their means, none left out', () => {
    expect(sparkline([0, 2, 7, 7, 14, 14], 3)).toBe('▁▄█');
    const spike = Array.from({ length: 1000 }, (_, i) => (i === 999 ? 1 : 0));
    expect(sparkline(spike)).toBe(`${'▁'.repeat(39)}█`);
  });
});

function epochs(...values: [trainLoss: number, metrics: EpochEndEvent['metrics']][]) {
  return values.map(([trainLoss, metrics]) => curvePoint({ trainLoss, metrics } as EpochEndEvent));
}

describe('the curves of a run', () => {
  test('are the train loss and every metric that is a number', () => {
    const run = epochs(
      [0.3479, { loss: 0.2, accuracy: 0.9394, 'validation.f1': 0.5, 'f1-per-class': [1, 0] }],
      [0.1501, { loss: 0.1, accuracy: 0.9629, 'validation.f1': 0.5, 'f1-per-class': [1, 1] }],
      [0.06, { loss: 0.3, accuracy: 0.9741, 'validation.f1': 0.5, 'f1-per-class': [1, 1] }],
    );
    expect(curveLines(run, 80, plain)).toEqual([
      'train loss     █▃▁  0.3479 → 0.0600',
      'test loss      ▅▁█  0.2000 → 0.3000',
      'test accuracy  ▁▆█  93.94% → 97.41%',
      'validation.f1  ▄▄▄  0.5000 → 0.5000',
    ]);
  });

  test.each<[string, ReturnType<typeof epochs>]>([
    ['no epoch', []],
    ['one epoch', epochs([0.5, { loss: 0.4 }])],
  ])('are none after %s', (_, run) => {
    expect(curveLines(run, 80, plain)).toEqual([]);
  });

  test('leave out what was no finite number once, or is not told of every epoch', () => {
    const metrics = { loss: 1, perplexity: null as never, f1: 0.5 };
    const run = epochs([Number.NaN, { ...metrics, loss: 2 }], [1, metrics], [1, { loss: 3 }]);
    expect(curveLines(run, 80, plain)).toEqual(['test loss  ▅▁█  2.0000 → 3.0000']);
    expect(curveLines(epochs([1, {}], [Number.POSITIVE_INFINITY, {}]), 80, plain)).toEqual([]);
  });

  test('are never wider than they may be', () => {
    const run = epochs(
      ...Array.from({ length: 90 }, (_, i): [number, Record<string, number>] => [i, {}]),
    );
    for (let columns = 1; columns < 90; columns++) {
      for (const line of curveLines(run, columns, plain)) {
        expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
    expect(curveLines(run, 80, plain)[0]).toHaveLength('train loss'.length + 2 + 40 + 2 + 16);
  });
});

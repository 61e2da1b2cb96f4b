// The history of spreads: in order, bounded, and taken back where a run is taken up again.
import { describe, expect, test } from 'vitest';
import { histogramOf } from '../brain/histogram.js';
import { columnEdges, SpreadHistory, spreadMap } from './spread-history.js';

const histogram = (...values: number[]) => histogramOf(Float32Array.from(values), false);

function historyOf(steps: readonly number[]): SpreadHistory {
  const history = new SpreadHistory();
  for (const step of steps) history.push('a', step, histogram(step, step + 1));
  return history;
}

const stepsOf = (history: SpreadHistory): number[] => history.of('a').map(({ step }) => step);

describe('a history', () => {
  test('keeps the order of steps', () => {
    expect(stepsOf(historyOf([1, 2, 5]))).toEqual([1, 2, 5]);
    expect(historyOf([1]).of('b')).toEqual([]);
  });

  test('takes back what comes after a step that is passed again', () => {
    expect(stepsOf(historyOf([1, 2, 5, 2]))).toEqual([1, 2]);
    expect(stepsOf(historyOf([1, 2, 5, 3]))).toEqual([1, 2, 3]);
  });

  test('stays bounded, with the first region and the newest in it', () => {
    const steps = stepsOf(historyOf(Array.from({ length: 5000 }, (_, i) => i)));
    expect(steps.length).toBeLessThanOrEqual(160);
    expect(steps.length).toBeGreaterThan(60);
    expect(steps.at(-1)).toBe(4999);
    expect(steps[0]).toBeLessThan(200);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });
});

test('a map has common ends, and each column its shares', () => {
  const { low, high, shares, most } = spreadMap(
    [
      { step: 1, histogram: histogram(0, 1) },
      { step: 2, histogram: histogram(2, 3) },
    ],
    6,
  );
  expect([low, high]).toEqual([0, 3]);
  expect(shares[0]!.slice(3).every((share) => share < 1e-9)).toBe(true);
  expect(shares[1]!.slice(0, 3).every((share) => share < 1e-9)).toBe(true);
  expect(most).toBeGreaterThan(0);
});

test.each([
  [[5], [0, 1]],
  [
    [0, 10],
    [0, 0.5, 1],
  ],
  [
    [0, 30, 40],
    [0, 0.6, 0.8, 1],
  ],
])('columns at steps %j begin at %j', (steps, edges) => {
  const columns = steps.map((step) => ({ step, histogram: histogram(1) }));
  expect(columnEdges(columns)).toEqual(edges);
});

// The choice of how many threads compute, with times that are made up: what it settles on, and what its trials cost.
import { describe, expect, it } from 'vitest';
import { adaptively } from './adaptive-choice.js';
import type { ThreadChange } from './thread-choice.js';

/** Milliseconds a step in a window, by the number of threads that compute in it. */
type Times = (threads: number, window: number) => number;

interface Told {
  readonly threads: number;
  readonly changes: ThreadChange[];
  /** How much longer all steps took than with the best number from the start; windows are of the same length. */
  readonly cost: number;
}

function follow(
  numbers: readonly number[],
  windows: number,
  times: Times,
  from = numbers[0]!,
): Told {
  let choice = adaptively.begin(numbers, from);
  const changes: ThreadChange[] = [];
  const steps = new Map<number, number>(numbers.map((threads) => [threads, 0]));
  let taken = 0;
  for (let window = 0; window < windows; window++) {
    const stepMs = times(choice.threads, window);
    taken += 1 / stepMs;
    for (const threads of numbers) {
      steps.set(threads, steps.get(threads)! + 1 / times(threads, window));
    }
    choice = choice.next(stepMs);
    if (choice.change) changes.push(choice.change);
  }
  const cost = Math.max(...steps.values()) / taken - 1;
  return { threads: changes.at(-1)?.threads ?? from, changes, cost };
}

/** The same numbers in each run: a factor of 1 ± `part`. */
function noise(part: number): (window: number) => number {
  return (window) => 1 + part * ((Math.imul(window + 1, 2654435761) >>> 8) / 2 ** 23 - 1);
}

/** Ten seconds. */
const TEN = 100;

describe('of two threads', () => {
  it.each([
    ['two are twice as fast', 1, 2],
    ['two are a fifth faster', 1, 1.2],
    ['two are a twentieth faster', 1, 1.05],
    ['one is a fifth faster', 1.2, 1],
    ['one is twice as fast', 2, 1],
  ])(
    'where %s, it settles on the faster, and ten seconds cost no twentieth more',
    (_, two, one) => {
      const { threads, cost } = follow([2, 1], TEN, (threads) => (threads === 2 ? two : one));
      expect(threads).toBe(two < one ? 2 : 1);
      expect(cost).toBeLessThan(0.05);
    },
  );

  it('as fast as one, one computes', () => {
    expect(follow([2, 1], TEN, () => 1).threads).toBe(1);
  });

  it.each([0.05, 0.15, 0.3])('it finds the faster of them in noise of %f', (part) => {
    const factor = noise(part);
    for (const [two, one] of [
      [1, 1.8],
      [1.5, 1],
    ] as const) {
      const times: Times = (threads, window) => factor(window) * (threads === 2 ? two : one);
      const { threads, cost } = follow([2, 1], TEN, times);
      expect(threads).toBe(two < one ? 2 : 1);
      expect(cost).toBeLessThan(0.08);
    }
  });

  it('does not go to and fro where noise is all that is between them', () => {
    const factor = noise(0.1);
    const { changes } = follow([2, 1], 10 * TEN, (_, window) => factor(window));
    expect(changes.length).toBeLessThan(8);
  });

  it('one rests soon after a neighbour has come, and computes again when it has gone', () => {
    const isBusy = (window: number): boolean => window >= 200 && window < 500;
    const times: Times = (threads, window) => (threads === 1 ? 1.8 : isBusy(window) ? 2.6 : 1);
    const { changes } = follow([2, 1], 1000, times);
    expect(changes.map(({ threads }) => threads)).toEqual([1, 2]);
    const until = (windows: number): number => follow([2, 1], windows, times).threads;
    expect(until(210)).toBe(1);
    // With nothing to see of it, at the next trial: these grow rare.
    expect(until(500 + 165)).toBe(2);
  });

  it('a drift of both changes nothing', () => {
    const { changes, cost } = follow(
      [2, 1],
      1000,
      (threads, window) => (1 + window / 250) * (threads === 2 ? 1 : 1.7),
    );
    expect(changes).toEqual([]);
    expect(cost).toBeLessThan(0.03);
  });

  it('one bad window in a trial costs a trial, and a good one convinces nobody', () => {
    const bad = follow([2, 1], 8, (threads, window) => (threads === 1 && window === 5 ? 9 : 1));
    expect(bad.changes).toEqual([]);
    const good = follow([2, 1], TEN, (threads, window) =>
      threads === 1 ? (window === 5 ? 0.5 : 1.8) : 1,
    );
    expect(good.changes).toEqual([]);
  });

  it('a change says what steps took', () => {
    const { changes } = follow([2, 1], TEN, (threads) => (threads === 2 ? 3 : 2));
    expect(changes).toEqual([{ threads: 1, before: 2, stepMs: 2, beforeMs: 3 }]);
  });
});

describe('of many threads', () => {
  const numbers = [16, 11, 8, 6, 4, 3, 2, 1];

  it.each([16, 8, 3, 1])('it finds that %i are best, step by step', (best) => {
    const times: Times = (threads) => 1 + Math.abs(Math.log2(threads / best));
    expect(follow(numbers, 6 * TEN, times).threads).toBe(best);
    expect(follow(numbers, 6 * TEN, times, 4).threads).toBe(best);
  });

  it('where each helps, ten seconds cost no twentieth more', () => {
    expect(follow(numbers, TEN, (threads) => 1 / threads).cost).toBeLessThan(0.05);
  });
});

it('the same times come to the same choices, from any of them on', () => {
  const choice = adaptively.begin([2, 1], 2);
  const [a, b] = [choice.next(1), choice.next(1)];
  expect(a.threads).toBe(b.threads);
  expect(choice.threads).toBe(2);
});

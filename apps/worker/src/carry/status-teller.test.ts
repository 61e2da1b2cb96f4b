import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StatusTeller } from './status-teller.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function teller() {
  const told: string[] = [];
  const it = new StatusTeller((doing) => told.push(doing));
  const take = (doing: string, forMs: number, detail = ''): void => {
    it.take({ doing, detail });
    vi.advanceTimersByTime(forMs);
  };
  return { it, told, take };
}

it('what lasts for a second is told, and what does not is not', () => {
  const { told, take } = teller();
  take('training', 999);
  take('evaluating', 1);
  take('training', 1000);
  take('evaluating', 5000);
  expect(told).toEqual(['training', 'evaluating']);
});

it('the same is not told twice in a row, unless something happened', () => {
  const { it, told, take } = teller();
  take('training', 2000);
  take('evaluating', 10);
  take('training', 60_000);
  expect(told).toEqual(['training']);
  it.forget();
  take('waiting', 10);
  take('training', 2000);
  expect(told).toEqual(['training', 'training']);
});

it('how far something has come is told again every 10 s', () => {
  const { told, take } = teller();
  for (let percent = 0; percent < 100; percent++) take('fetching mnist', 250, `${percent}%`);
  expect(told).toEqual(['fetching mnist: 3%', 'fetching mnist: 43%', 'fetching mnist: 83%']);
});

it('nothing is told of what is over', () => {
  const { it, told, take } = teller();
  take('training', 500);
  it.take(undefined);
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([]);
});

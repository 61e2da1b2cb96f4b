import { expect, it } from 'vitest';
import { type Closing, letGo } from './closing.js';

/** A connection that was closed with so much in its queue. */
class Leaving implements Closing {
  isEnded = false;
  readonly queuedBytes: number;
  close = () => {};

  constructor(queuedBytes: number) {
    this.queuedBytes = queuedBytes;
  }

  cut(): void {
    this.isEnded = true;
    this.close();
  }

  onClosed(closed: () => void): void {
    this.close = closed;
  }
}

function leave(count: number, bytes: number): Leaving[] {
  const all = Array.from({ length: count }, () => new Leaving(bytes));
  for (const one of all) letGo(one);
  return all;
}

it('64 connections with much in their queues may be closing at once; one more ends the oldest', () => {
  const all = leave(64, 1_000_000);
  // One that goes by itself makes room.
  all[3]!.close();
  const more = leave(3, 1_000_000);
  const ended = [...all, ...more].flatMap(({ isEnded }, i) => (isEnded ? [i] : []));
  expect(ended).toEqual([0, 1]);
  for (const one of [...all, ...more]) one.close();
});

it('those with little in their queues are all given their time', () => {
  expect(leave(100, 1000).filter(({ isEnded }) => isEnded)).toEqual([]);
});

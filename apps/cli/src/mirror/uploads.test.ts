import { describe, expect, it } from 'vitest';
import { MirrorTakenError } from './manifest.js';
import type { RunView } from './run-files.js';
import { pauseMs, Uploads } from './uploads.js';

const view = (step: number): RunView => ({ step, files: [], ended: false });

/** Uploads to a store that answers when it is told to. */
function uploads() {
  const asked: { step: number; resolve(saved: boolean): void; reject(error: Error): void }[] = [];
  const told: string[] = [];
  const queue = new Uploads({
    save: ({ step }, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ step, resolve, reject });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    onSaved: ({ step }, failures) => told.push(`saved ${step} after ${failures}`),
    onFailed: (_, { step }, failures) => told.push(`failed ${step}, ${failures}`),
    onTaken: () => told.push('taken'),
  });
  return {
    queue,
    asked,
    told,
    next: (count: number) => expect.poll(() => asked.length, { timeout: 10_000 }).toBe(count),
  };
}

describe('what is to be sent', () => {
  it('goes one at a time, and the newest is next: those in between are dropped', async () => {
    const { queue, asked, told, next } = uploads();
    for (const step of [1, 2, 3, 4]) queue.offer(view(step));
    await next(1);
    expect(asked[0]!.step).toBe(1);
    asked[0]!.resolve(true);
    await next(2);
    expect(asked[1]!.step).toBe(4);
    asked[1]!.resolve(true);
    expect(await queue.finish(1000)).toBeUndefined();
    expect(told).toEqual(['saved 1 after 0', 'saved 4 after 0']);
  });

  it('is tried again at once at the end, a few times, and is told if it did not get there', async () => {
    const { queue, asked, told, next } = uploads();
    queue.offer(view(1));
    await next(1);
    asked[0]!.reject(new Error('no'));
    // In the background it waits now for a second or so.
    await expect.poll(() => told).toEqual(['failed 1, 1']);
    const finished = queue.finish(10_000);
    for (const tries of [2, 3, 4]) {
      await next(tries);
      asked[tries - 1]!.reject(new Error('no'));
    }
    expect(await finished).toMatchObject({ step: 1 });
    expect(told.at(-1)).toBe('failed 1, 4');
  });

  it('is given up at the limit, with what is under way', async () => {
    const { queue, asked, next } = uploads();
    queue.offer(view(1));
    await next(1);
    expect(await queue.finish(20)).toMatchObject({ step: 1 });
    expect(asked).toHaveLength(1);
  });

  it('is left when whoever waits for it does not any more', async () => {
    const { queue, next } = uploads();
    queue.offer(view(1));
    await next(1);
    const enough = new AbortController();
    const finished = queue.finish(600_000, enough.signal);
    enough.abort();
    expect(await finished).toMatchObject({ step: 1 });
  });

  it('is nothing any more once another process writes there', async () => {
    const { queue, asked, told, next } = uploads();
    queue.offer(view(1));
    await next(1);
    asked[0]!.reject(new MirrorTakenError('another'));
    await expect.poll(() => told).toEqual(['taken']);
    queue.offer(view(2));
    expect(queue.isIdle).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('that is too old is dropped without a word', async () => {
    const { queue, asked, told, next } = uploads();
    queue.offer(view(1));
    await next(1);
    asked[0]!.resolve(false);
    expect(await queue.finish(1000)).toBeUndefined();
    expect(told).toEqual([]);
  });
});

it('pauses double from half a second to a minute, and differ', () => {
  expect(pauseMs(1, 0)).toBe(500);
  expect(pauseMs(1, 0.5)).toBe(750);
  expect(pauseMs(4, 0)).toBe(4000);
  expect(pauseMs(50, 0)).toBe(30_000);
  expect(pauseMs(50, 0.999)).toBeLessThan(60_000);
});

import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.js';

describe('a queue of work', () => {
  it('does it in order and at once, and what comes up meanwhile after what is there', () => {
    const done: number[] = [];
    const queue: WorkQueue<number> = new WorkQueue((work) => {
      done.push(work);
      if (work === 1) expect(queue.add([10])).toBe(false);
      return undefined;
    }, fail);
    expect(queue.add([1, 2])).toBe(true);
    expect(done).toEqual([1, 2, 10]);
  });

  it('waits where a piece of work has to, and adding does not', async () => {
    const done: string[] = [];
    let release = (): void => {};
    const queue = new WorkQueue<string>((work) => {
      done.push(work);
      if (work !== 'wait') return undefined;
      return new Promise((resolve) => {
        release = resolve;
      });
    }, fail);
    expect(queue.add(['wait', 'after'])).toBe(false);
    expect(queue.add(['later'])).toBe(false);
    expect(done).toEqual(['wait']);
    release();
    await Promise.resolve();
    expect(done).toEqual(['wait', 'after', 'later']);
    expect(queue.add(['now'])).toBe(true);
  });

  it.each([
    ['at once', () => boom()],
    ['while the rest waits', () => Promise.resolve().then(boom)],
  ])('tells of a failure %s, and does nothing after it', async (_, perform) => {
    const told: string[] = [];
    let count = 0;
    const queue = new WorkQueue<number>(
      () => {
        count++;
        return perform();
      },
      ({ message }) => told.push(message),
    );
    queue.add([1, 2]);
    await new Promise(setImmediate);
    queue.add([3]);
    expect(told).toEqual(['boom']);
    expect(count).toBe(1);
  });
});

function fail(error: Error): void {
  throw error;
}

function boom(): undefined {
  throw new Error('boom');
}

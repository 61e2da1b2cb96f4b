// Requests that come together are computed together, each gets its own answers, and there is a limit on who waits.
import { expect, test } from 'vitest';
import { Batcher, BusyError } from './batcher.js';

/** Samples of two numbers, whose answer is their sum; batches are computed when the test says so. */
function batcher(limits = { waiting: 4, samples: 3 }) {
  const computed: number[][] = [];
  const scheduled: (() => void)[] = [];
  const own = new Batcher<number>({
    ...limits,
    sampleSize: 2,
    schedule: (work) => scheduled.push(work),
    compute: (inputs) => {
      computed.push([...inputs]);
      if (inputs.includes(666)) throw new Error('no answer to that');
      return Array.from(
        { length: inputs.length / 2 },
        (_, i) => inputs[2 * i]! + inputs[2 * i + 1]!,
      );
    },
  });
  return { own, computed, next: () => scheduled.shift()!() };
}

test('what arrives before a batch is computed goes into it, as far as there is room', async () => {
  const { own, computed, next } = batcher();
  const answers = [
    [1, 2, 3, 4],
    [5, 6],
    [7, 8],
  ].map((inputs) => own.ask(Float32Array.from(inputs)));
  next();
  next();
  expect(await Promise.all(answers)).toEqual([[3, 7], [11], [15]]);
  expect(computed).toEqual([
    [1, 2, 3, 4, 5, 6],
    [7, 8],
  ]);
  expect(own.batches).toBe(2);
});

test('a request of more samples than a batch has is a batch of its own', async () => {
  const { own, computed, next } = batcher();
  const many = own.ask(Uint8Array.from([1, 1, 2, 2, 3, 3, 4, 4]));
  const one = own.ask(Uint8Array.from([5, 5]));
  next();
  next();
  expect([await many, await one]).toEqual([[2, 4, 6, 8], [10]]);
  expect(computed.map(({ length }) => length)).toEqual([8, 2]);
});

test('who comes when too many wait is refused, and those that wait are answered', async () => {
  const { own, next } = batcher({ waiting: 1, samples: 3 });
  const first = own.ask(Float32Array.from([1, 2]));
  await expect(own.ask(Float32Array.from([3, 4]))).rejects.toThrow(BusyError);
  next();
  expect(await first).toEqual([3]);
});

test('one that cannot be answered leaves the others their answers', async () => {
  const { own, next } = batcher();
  const good = own.ask(Float32Array.from([1, 2]));
  const bad = own.ask(Float32Array.from([666, 0]));
  const fails = expect(bad).rejects.toThrow('no answer to that');
  next();
  expect(await good).toEqual([3]);
  await fails;
});

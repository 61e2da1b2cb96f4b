import { expect, test } from 'vitest';
import { EventQueue } from './event-queue.js';

test('gives events in the order in which they arose, before and while it is iterated, up to its end', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.push(2);
  const got: number[] = [];
  for await (const event of queue) {
    got.push(event);
    if (event === 2) setImmediate(() => queue.push(3));
    if (event === 3) {
      queue.push(4);
      queue.end();
    }
  }
  expect(got).toEqual([1, 2, 3, 4]);
});

test('throws what it failed with after what had arisen, and only the first of it', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.fail(new Error('first'));
  queue.fail(new Error('second'));
  queue.end();
  expect(queue.hasEnded).toBe(true);
  const got: number[] = [];
  const all = (async () => {
    for await (const event of queue) got.push(event);
  })();
  await expect(all).rejects.toThrow('first');
  expect(got).toEqual([1]);
});

test('says when everything was taken and more is asked for', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.push(2);
  const order: string[] = [];
  const taken = queue.whenTaken().then(() => {
    order.push('taken');
    queue.push(3);
    queue.end();
  });
  for await (const event of queue) order.push(String(event));
  await taken;
  expect(order).toEqual(['1', '2', 'taken', '3']);
});

test('wakes who waits for an end', async () => {
  const queue = new EventQueue<number>();
  const next = queue[Symbol.asyncIterator]().next();
  queue.end();
  expect(await next).toEqual({ value: undefined, done: true });
});

// Which threads there are when, with threads that do what the test says.
import type { WorkerEvent } from '@lockstep/worker/page';
import { describe, expect, it } from 'vitest';
import { Crew } from './crew.js';
import type { Order, Report } from './messages.js';

const JOINED: Report = {
  type: 'event',
  event: { event: 'joined', time: '', run: 'r', name: 'n', threads: 1, step: null } as WorkerEvent,
};
const LEFT: Report = { type: 'ended', reason: 'told to', weightsHash: undefined };
const FINISHED: Report = { type: 'ended', reason: 'the run is over', weightsHash: 'ab' };

function crew() {
  const threads: {
    name: string;
    orders: Order['type'][];
    isEnded: boolean;
    says: (report: Report) => void;
  }[] = [];
  const over: Report[] = [];
  const it = new Crew({
    begin: { url: 'ws://a', token: 't' },
    nameOf: (place) => `tab/${place}`,
    start(name, hear) {
      const thread = { name, orders: [] as Order['type'][], isEnded: false, says: hear };
      threads.push(thread);
      return {
        order: ({ type }) => thread.orders.push(type),
        end() {
          thread.isEnded = true;
        },
      };
    },
    onReport() {},
    onOver: (last) => over.push(last),
  });
  return { it, threads, over, names: () => threads.map(({ name }) => name) };
}

describe('a crew', () => {
  it('begins with one thread, and with the others when that has joined', () => {
    const { it: one, threads, names } = crew();
    one.want(3, 'told to');
    expect(names()).toEqual(['tab/0']);
    threads[0]!.says(JOINED);
    expect(names()).toEqual(['tab/0', 'tab/1', 'tab/2']);
    expect(threads.map(({ orders }) => orders)).toEqual([['begin'], ['begin'], ['begin']]);
  });

  it('lets the newest go first, in order, and once', () => {
    const { it: one, threads, over } = crew();
    one.want(3, 'told to');
    threads[0]!.says(JOINED);
    one.want(1, 'told to');
    one.want(1, 'told to');
    expect(threads.map(({ orders }) => orders.at(-1))).toEqual(['begin', 'leave', 'leave']);
    expect(threads[1]!.orders.length).toBe(2);
    threads[1]!.says(LEFT);
    threads[2]!.says(LEFT);
    expect(threads.map(({ isEnded }) => isEnded)).toEqual([false, true, true]);
    expect(one.size).toBe(1);
    expect(over).toEqual([]);
  });

  it('takes a place again only when whoever had it is gone', () => {
    const { it: one, threads, names } = crew();
    one.want(1, 'told to');
    one.want(0, 'told to');
    one.want(1, 'told to');
    expect(names()).toEqual(['tab/0']);
    threads[0]!.says(LEFT);
    expect(names()).toEqual(['tab/0', 'tab/0']);
    expect(threads[1]!.orders).toEqual(['begin']);
  });

  it.each([
    ['the run is over', FINISHED],
    ['a thread fails', { type: 'failed', code: 'refused', message: 'the token is wrong' }],
    ['a thread goes that nobody sent away', LEFT],
  ] as const)('ends all when %s, and starts none again', (_, last) => {
    const { it: one, threads, over } = crew();
    one.want(2, 'told to');
    threads[0]!.says(JOINED);
    threads[1]!.says(last);
    expect(over).toEqual([last]);
    expect(threads.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    one.want(2, 'told to');
    threads[0]!.says(FINISHED);
    expect(threads.length).toBe(2);
    expect(over.length).toBe(1);
  });

  it('a thread that was sent away and hears of the end instead ends all', () => {
    const { it: one, threads, over } = crew();
    one.want(1, 'told to');
    one.want(0, 'told to');
    threads[0]!.says(FINISHED);
    expect(over).toEqual([FINISHED]);
  });
});

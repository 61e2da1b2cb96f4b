import { describe, expect, test } from 'vitest';
import { ClusterLanes, threadLanes } from './lanes.js';

const NOTHING = { computing: 0, sending: 0, waiting: 0, redoing: 0, resting: 0, evaluating: 0 };

describe('the lanes of threads', () => {
  test('are what came since the last look', () => {
    const lane = (thread: number, computing: number, resting: number) => ({
      ...{ thread, computing, resting, waiting: 2 * computing, evaluating: 0 },
    });
    const run = { lanes: [lane(0, 10, 0), lane(1, 5, 3)] };
    const look = threadLanes(run);
    expect(look().map(({ spent }) => spent)).toEqual([
      { ...NOTHING, computing: 10, waiting: 20 },
      { ...NOTHING, computing: 5, waiting: 10, resting: 3 },
    ]);
    run.lanes = [lane(0, 14, 0), lane(1, 5, 9)];
    expect(look()).toEqual([
      { worker: 'this machine', thread: 0, spent: { ...NOTHING, computing: 4, waiting: 8 } },
      { worker: 'this machine', thread: 1, spent: { ...NOTHING, resting: 6 } },
    ]);
  });
});

describe('the lanes of workers', () => {
  const worker = (name: string, doing: string, ms?: readonly [number, number, number]) => ({
    ...{ name, doing, threads: 1, shards: undefined, neededShards: undefined },
    ...{ bytes: undefined, roundTripMs: undefined },
    ...{ computeMs: ms?.[0], sendMs: ms?.[1], waitMs: ms?.[2] },
  });

  test('share the time as their steps do, or have it all for what else they do', () => {
    const lanes = new ClusterLanes({
      workers: [
        worker('a', 'training', [2, 1, 1]),
        worker('b', 'evaluating', [2, 1, 1]),
        worker('c', 'idle', [0, 0, 1]),
        worker('d', 'preparing', [2, 1, 1]),
        worker('e', 'training'),
        worker('f', 'training', [Number.NaN, 0, 1]),
      ],
    });
    expect(lanes.since(100).map(({ worker, spent }) => [worker, spent])).toEqual([
      ['a', { ...NOTHING, computing: 50, sending: 25, waiting: 25 }],
      ['b', { ...NOTHING, evaluating: 100 }],
      ['c', { ...NOTHING, resting: 100 }],
      ['d', { ...NOTHING, waiting: 100 }],
      ['e', { ...NOTHING, waiting: 100 }],
      ['f', { ...NOTHING, waiting: 100 }],
    ]);
  });

  test('compute again what was lost, until the run has recovered', () => {
    const lanes = new ClusterLanes({ workers: [worker('a', 'training', [3, 0, 1])] });
    const spent = () => lanes.since(100)[0]!.spent;
    const time = '';
    const lost = { name: 'b', reason: 'gone', code: 'lost', generation: 1, step: 4 };
    lanes.hear({ event: 'worker-lost', time, ...lost });
    expect(spent()).toEqual({ ...NOTHING, redoing: 75, waiting: 25 });
    lanes.hear({ event: 'recovered', time, step: 5, ms: 20 });
    expect(spent()).toEqual({ ...NOTHING, computing: 75, waiting: 25 });
  });
});

import type { ClusterEvent } from '@lockstep/trainer';
import { expect, test } from 'vitest';
import { LostWorkers, SHOWN_MS } from './lost-workers.js';

const place = { time: '2026-11-23T09:41:00.000Z', generation: 2, step: 9 };
const lost = (name: string): ClusterEvent => ({
  ...{ ...place, event: 'worker-lost', name, code: 'silent', reason: 'silent for 5 s' },
});
const joined = (name: string): ClusterEvent => ({
  ...{ ...place, event: 'worker-joined', name, threads: 2 },
});

test('who was lost is shown for a while', () => {
  const workers = new LostWorkers();
  workers.note(lost('w0'), 1000);
  workers.note(lost('w1'), 2000);
  expect(workers.recent(2000)).toEqual([
    { name: 'w0', code: 'silent' },
    { name: 'w1', code: 'silent' },
  ]);
  expect(workers.recent(1000 + SHOWN_MS)).toEqual([{ name: 'w1', code: 'silent' }]);
  expect(workers.recent(2000 + SHOWN_MS)).toEqual([]);
});

test('who is back is shown no longer, and other events change nothing', () => {
  const workers = new LostWorkers();
  workers.note(lost('w0'), 0);
  workers.note({ ...place, event: 'recovered', ms: 3 }, 1);
  workers.note(joined('w1'), 1);
  expect(workers.recent(1)).toHaveLength(1);
  workers.note(joined('w0'), 2);
  expect(workers.recent(2)).toEqual([]);
});

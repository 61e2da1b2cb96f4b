import type { ClusterEvent } from '@lockstep/trainer';
import type { WorkerEvent } from '@lockstep/worker';
import { describe, expect, test } from 'vitest';
import type { Watched } from '../watcher.js';
import { healthOfRun, healthOfWorker } from './health.js';
import { SeenRun } from './run-metrics.js';
import { SeenWorker } from './worker-metrics.js';

/** What probes look at is given by each test. */
const MADE = {} as Watched;

const time = '2026-11-23T09:41:00.000Z';

function coordinator(journalWaitMs: number, ...events: Partial<ClusterEvent>[]) {
  const seen = new SeenRun();
  seen.run = { ...MADE, progress: () => undefined, workers: [], journalWaitMs };
  for (const event of events) seen.take({ time, ...event } as ClusterEvent);
  return healthOfRun(seen);
}

describe('a coordinator', () => {
  test('lives while it waits for workers, for as long as that takes', () => {
    expect(healthOfRun(new SeenRun()).live()).toBeUndefined();
    expect(coordinator(0).live()).toBeUndefined();
  });

  test('does not live when its disk has not answered the journal for more than a minute', () => {
    expect(coordinator(59_000).live()).toBeUndefined();
    expect(coordinator(61_000).live()).toBe('the disk has not answered the journal for 61 s');
  });

  test('is ready from when it listens to the end of the run', () => {
    expect(healthOfRun(new SeenRun()).ready()).toBe('the run has not begun');
    expect(coordinator(0).ready()).toMatch(/^no worker may join/);
    expect(coordinator(0, { event: 'listening' }).ready()).toBeUndefined();
    expect(coordinator(0, { event: 'listening' }, { event: 'run-end' }).ready()).toMatch(/over$/);
  });
});

test('a run on one machine is ready once it computes', () => {
  const seen = new SeenRun();
  seen.run = { ...MADE, progress: () => undefined };
  expect(healthOfRun(seen).ready()).toBe('the run has not begun');
  seen.run = { ...MADE, progress: () => ({ step: 0 }) as never };
  expect(healthOfRun(seen).ready()).toBeUndefined();
});

test('a worker is ready while it has a coordinator, and lives without one', () => {
  const seen = new SeenWorker('w0');
  const health = healthOfWorker(seen);
  expect([health.live(), health.ready()]).toEqual([undefined, 'there is no coordinator']);
  seen.take({ time, event: 'connected', url: 'ws://127.0.0.1:1', run: 'r' } as WorkerEvent);
  expect([health.live(), health.ready()]).toEqual([undefined, undefined]);
  seen.take({ time, event: 'disconnected', code: 'lost', reason: 'gone' } as WorkerEvent);
  expect([health.live(), health.ready()]).toEqual([undefined, 'there is no coordinator']);
});

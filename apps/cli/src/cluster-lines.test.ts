import type { WorkerStatus } from '@lockstep/coordinator';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { type ClusterView, clusterLines } from './cluster-lines.js';

const colors = pc.createColors(false);

function worker(name: string, change: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    name,
    threads: 2,
    shards: { first: 0, end: 4 },
    neededShards: undefined,
    computeMs: 0.414,
    sendMs: 0.08,
    waitMs: 0.12,
    ...change,
  };
}

function view(change: Partial<ClusterView>): ClusterView {
  return {
    workers: [],
    waitsFor: undefined,
    progress: () => ({
      epoch: 2,
      epochs: 5,
      step: 1290,
      steps: 4690,
      loss: 0.1234,
      samplesPerSecond: 52_310,
      secondsLeft: 5,
    }),
    ...change,
  };
}

describe('the live lines of a cluster', () => {
  test('are the run, and each worker with its shards and how its time goes', () => {
    const workers = [
      worker('desk'),
      worker('lap', { shards: { first: 4, end: 8 }, computeMs: undefined }),
      worker('late', { shards: undefined }),
      worker('spare', { shards: { first: 8, end: 8 }, threads: 1 }),
      worker('idle', { shards: { first: 8, end: 8 }, neededShards: 16, computeMs: undefined }),
    ];
    const [run, ...rest] = clusterLines(view({ workers }), 100, colors).split('\n');
    expect(run).toMatch(/^epoch 2\/5 .*step 1,290\/4,690 .*52,310 samples\/s/);
    expect(rest).toEqual([
      '  desk  shards 0-3  2 threads  0.41 ms computing  0.08 sending  0.12 waiting',
      '  lap  shards 4-7  2 threads',
      '  late  2 threads  0.41 ms computing  0.08 sending  0.12 waiting',
      '  spare  no shards  1 thread  0.41 ms computing  0.08 sending  0.12 waiting',
      '  idle  no shards (needs --shards 16)  2 threads',
    ]);
  });

  test('say what is waited for, before there is any progress too', () => {
    const waitsFor = 'waiting for workers: 1 of 2 (w0 ready; w1 has not joined)';
    expect(clusterLines(view({ waitsFor, progress: () => undefined }), 80, colors)).toBe(waitsFor);
  });

  test('are never wider than they may be, and no more than a screen', () => {
    const workers = Array.from({ length: 11 }, (_, i) => worker(`a-rather-long-name-${i}`));
    const lines = clusterLines(view({ workers, waitsFor: 'x'.repeat(99) }), 30, colors).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines).toHaveLength(1 + 1 + 8 + 1);
    expect(lines.at(-1)).toBe('  and 3 more');
  });
});

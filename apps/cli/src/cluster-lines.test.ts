import type { WorkerStatus } from '@lockstep/coordinator';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { type ClusterView, clusterLines } from './cluster-lines.js';

const errColors = pc.createColors(false);
const style = { errColors, hasUnicode: true };

function worker(name: string, change: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    name,
    threads: 2,
    doing: 'training',
    shards: { first: 0, end: 4 },
    neededShards: undefined,
    computeMs: 0.414,
    sendMs: 0.08,
    waitMs: 0.12,
    bytes: undefined,
    roundTripMs: undefined,
    ...change,
  };
}

function view(change: Partial<ClusterView>): ClusterView {
  return {
    workers: [],
    waitsFor: undefined,
    lost: [],
    progress: () => ({
      epoch: 2,
      epochs: 5,
      step: 1290,
      steps: 4690,
      loss: 0.1234,
      trainingSeconds: 1.6,
      samplesPerSecond: 52_310,
      secondsLeft: 5,
    }),
    ...change,
  };
}

const none = { computeMs: undefined, sendMs: undefined, waitMs: undefined };
const WORKERS = [
  worker('desk-812'),
  worker('lap', { ...none, shards: { first: 4, end: 5 }, threads: 16 }),
  worker('late', { ...none, shards: undefined, doing: 'catching up' }),
  worker('spare', { shards: { first: 12, end: 12 }, threads: 1, doing: 'idle', computeMs: 12.5 }),
  worker('more', {
    ...{ ...none, shards: { first: 12, end: 12 }, doing: 'idle', neededShards: 16 },
  }),
];
const LOST = [{ name: 'gone', code: 'silent' }];
const LEFT = [{ name: 'gone', code: 'left', left: true }];

describe('the live lines of a cluster', () => {
  test('are the run, and a row for each worker, one below the other', () => {
    const [run, ...rows] = clusterLines(view({ workers: WORKERS, lost: LOST }), 99, style).split(
      '\n',
    );
    expect(run).toMatch(/^epoch 2\/5 .*step 1,290\/4,690 .*52,310 samples\/s/);
    expect(rows).toEqual([
      '  worker    doing                    ms/step  shards  threads  computing  sending  waiting',
      '  desk-812  training                    0.61  0-3           2       0.41     0.08     0.12',
      '  lap       training                          4            16',
      '  late      catching up                                     2',
      '  spare     idle                       12.70  none          1      12.50     0.08     0.12',
      '  more      idle: needs --shards 16           none          2',
      '  gone      lost (silent)',
    ]);
  });

  test.each([
    [80, '  desk-812  training                    0.61  0-3           2'],
    [52, '  desk-812  training                    0.61  0-3'],
    [44, '  desk-812  training                    0.61'],
    [36, '  desk-812  training'],
    [20, '  desk-812'],
    [8, '  desk-…'],
  ])('on %i columns leave out what says least', (columns, row) => {
    const lines = clusterLines(view({ workers: WORKERS, lost: LOST }), columns, style);
    expect(lines.split('\n')[2]).toBe(row);
  });

  test('tell who has left from who was lost', () => {
    const lines = clusterLines(view({ lost: [...LOST, ...LEFT] }), 99, style).split('\n');
    expect(lines.slice(2).map((line) => line.trim())).toEqual([
      'gone    lost (silent)',
      'gone    left',
    ]);
  });

  test('show who was lost greyed, and nobody else', () => {
    const dimmed = { ...style, errColors: { ...errColors, dim: (text: unknown) => `<${text}>` } };
    const lines = clusterLines(view({ workers: [worker('w0')], lost: LOST }), 99, dimmed);
    expect(lines.split('\n').map((line) => line.startsWith('<'))).toEqual([
      ...[false, true, false, true],
    ]);
  });

  test('say what is waited for, before there is any progress too', () => {
    const waitsFor = 'waiting for workers: 1 of 2 (w0 ready; w1 has not joined)';
    expect(clusterLines(view({ waitsFor, progress: () => undefined }), 80, style)).toBe(waitsFor);
  });

  test('are never wider than they may be, and no more than a screen', () => {
    const workers = Array.from({ length: 9 }, (_, i) => worker(`a-rather-long-name-${i}`));
    const lost = ['x', 'y'].map((name) => ({ name, code: 'lost' }));
    const all = view({ workers, lost, waitsFor: 'x'.repeat(99) });
    for (let columns = 12; columns < 100; columns++) {
      const lines = clusterLines(all, columns, style).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines).toHaveLength(1 + 1 + 1 + 8 + 1);
    }
    expect(clusterLines(all, 99, style).split('\n').at(-1)).toBe('  and 3 more');
  });
});

import { readFileSync } from 'node:fs';
import type { WorkerStatus } from '@lockstep/coordinator';
import type { ClusterEvent, Progress, RunStartEvent } from '@lockstep/trainer';
import * as prometheus from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { Watched } from '../watcher.js';
import { gauge, type Metric, register } from './metric.js';
import { knownReason } from './reasons.js';
import { Rising } from './rising.js';
import { RUN_METRICS, SeenRun } from './run-metrics.js';
import { SeenWorker, WORKER_METRICS } from './worker-metrics.js';

const time = '2026-11-23T09:41:00.000Z';
const place = { time, generation: 2, step: 30 };
const start = {
  ...{ event: 'run-start', time, run: 'first', parameters: 9, seed: 7, batchSize: 32, shards: 2 },
  ...{ dataset: { name: 'mnist', train: 100, test: 10, sha256: 'd' }, workers: 2, epochs: 10 },
  ...{ step: 4, arithmetic: 'numbers-1', kernels: 'wasm', engine: 'e' },
} as RunStartEvent;
const progress: Progress = {
  ...{ epoch: 3, epochs: 10, step: 10, steps: 40, loss: 0.25, trainingSeconds: 0.5 },
  ...{ samplesPerSecond: 320, secondsLeft: 1.5 },
};
const config = {
  ...{ batchSize: 32, dropLast: false },
  optimizer: { kind: 'adam', learningRate: 0.01, schedule: { kind: 'step', every: 5, gamma: 0.5 } },
} as unknown as Watched['config'];
/** What is known of a run before it has begun. */
const made: Watched = {
  ...{ name: 'first', config, data: { train: { name: 'mnist', samples: 100 } } as never },
  ...{ backend: { name: 'wasm', arithmetic: 'numbers-1' }, progress: () => undefined },
};

function worker(name: string, change: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    ...{ name, threads: 2, doing: 'training', shards: { first: 0, end: 3 } },
    ...{ neededShards: undefined, computeMs: 2, sendMs: 1, waitMs: 0.5 },
    ...{ bytes: undefined, roundTripMs: undefined, ...change },
  };
}

/** The lines with values that a scrape gets, as `name{labels}` and value. */
async function scraped<Seen>(metrics: readonly Metric<Seen>[], seen: Seen) {
  const registry = new prometheus.Registry();
  register(prometheus, registry, metrics, seen);
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

function seenRun(...events: ClusterEvent[]): SeenRun {
  const seen = new SeenRun();
  for (const event of events) seen.take(event);
  return seen;
}

describe('the metrics of a run', () => {
  test('are what is known of it, and nothing that is not', async () => {
    expect(await scraped(RUN_METRICS, new SeenRun())).toEqual({
      lockstep_checkpoints_total: 0,
      lockstep_workers_joined_total: 0,
      lockstep_recoveries_total: 0,
      lockstep_recovery_seconds_total: 0,
      lockstep_redeals_total: 0,
    });
  });

  test('are there before the run has begun, as far as it is known, and counts are 0', async () => {
    const seen = new SeenRun();
    seen.run = { ...made, workers: [], missing: 2 };
    expect(await scraped(RUN_METRICS, seen)).toMatchObject({
      'lockstep_run_info{dataset="mnist",kernels="wasm",arithmetic="numbers-1"}': 1,
      lockstep_steps_total: 0,
      lockstep_samples_total: 0,
      lockstep_training_seconds_total: 0,
      lockstep_workers: 0,
      lockstep_workers_missing: 2,
      lockstep_threads: 0,
    });
  });

  test('count what passes over links upwards alone, whoever comes again or has another’s name', () => {
    const rising = new Rising();
    const at = (...counts: (readonly [string, number | undefined])[]): number[] =>
      rising.over(counts).map(({ value }) => value);
    expect(at(['w0', 100], ['w1', undefined])).toEqual([100]);
    expect(at(['w0', 20])).toEqual([100]);
    expect(at(['w0', 50])).toEqual([130]);
    expect(at(['w0', 60], ['w0', 10])).toEqual([150]);
    expect(at(['w0', 60])).toEqual([150]);
    expect(at()).toEqual([]);
    expect(at(['w0', 5])).toEqual([5]);
  });

  test('count from where this process took it up, and know the rate of the next step', async () => {
    const seen = seenRun(start);
    seen.run = { ...made, progress: () => progress, threads: 4 };
    expect(await scraped(RUN_METRICS, seen)).toMatchObject({
      'lockstep_run_info{dataset="mnist",kernels="wasm",arithmetic="numbers-1"}': 1,
      lockstep_epoch: 3,
      lockstep_epochs: 10,
      lockstep_step: 10,
      lockstep_steps: 40,
      lockstep_steps_total: 6,
      // Two whole epochs of 100, and two batches of 32, less the first epoch.
      lockstep_samples_total: 164,
      lockstep_training_seconds_total: 0.5,
      lockstep_step_seconds: 0.5 / 6,
      lockstep_samples_per_second: 320,
      lockstep_remaining_seconds: 1.5,
      lockstep_train_loss: 0.25,
      lockstep_learning_rate: 0.0025,
      lockstep_threads: 4,
      lockstep_threads_computing: 4,
    });
  });

  test('have what evaluations gave, by dataset, where it is a single number', async () => {
    const metrics = { loss: 0.5, accuracy: 0.75, 'validation.f1': 0.25, 'f1-per-class': [1, 0] };
    const epoch = { event: 'epoch-end', time, trainLoss: 0.6, seconds: 2.5, metrics };
    expect(await scraped(RUN_METRICS, seenRun(epoch as unknown as ClusterEvent))).toMatchObject({
      'lockstep_metric{dataset="test",metric="loss"}': 0.5,
      'lockstep_metric{dataset="test",metric="accuracy"}': 0.75,
      'lockstep_metric{dataset="validation",metric="f1"}': 0.25,
      lockstep_epoch_train_loss: 0.6,
      lockstep_epoch_seconds: 2.5,
    });
  });

  test('count what happens to workers, by reasons that are known', async () => {
    const lost = (code: string): ClusterEvent => ({
      ...{ ...place, event: 'worker-lost', name: 'w', code, reason: 'words' },
    });
    const seen = seenRun(
      { ...place, event: 'worker-joined', name: 'w', threads: 2 },
      ...['silent', 'silent', 'lost', 'of-a-peer-1', 'of-a-peer-2'].map(lost),
      { event: 'recovered', time, step: 31, ms: 40 },
      { event: 'recovered', time, step: 32, ms: 60 },
      { event: 'checkpoint', time, step: 32, path: 'c', digest: 'd' },
      { ...place, event: 'generation', generation: 5, members: ['w'], topology: 'star' },
    );
    expect(await scraped(RUN_METRICS, seen)).toMatchObject({
      lockstep_workers_joined_total: 1,
      'lockstep_workers_lost_total{reason="silent"}': 2,
      'lockstep_workers_lost_total{reason="lost"}': 1,
      'lockstep_workers_lost_total{reason="other"}': 2,
      lockstep_recoveries_total: 2,
      lockstep_recovery_seconds_total: 0.1,
      lockstep_checkpoints_total: 1,
      lockstep_checkpoint_step: 32,
      lockstep_generation: 5,
    });
  });

  test('have the workers that are there, and none that has gone', async () => {
    const seen = seenRun(start);
    let workers = [
      worker('w0', { bytes: 4096, roundTripMs: 1.5 }),
      worker('w1', { shards: undefined, computeMs: undefined }),
    ];
    seen.run = {
      ...made,
      missing: 1,
      get workers() {
        return workers;
      },
    };
    const registry = new prometheus.Registry();
    register(prometheus, registry, RUN_METRICS, seen);
    const first = await registry.metrics();
    expect(first).toContain('lockstep_worker_shards{worker="w0"} 3\n');
    expect(first).toContain('lockstep_worker_step_seconds{worker="w0",part="computing"} 0.002\n');
    expect(first).toContain('lockstep_worker_bytes_total{worker="w0"} 4096\n');
    expect(first).toContain('lockstep_worker_round_trip_seconds{worker="w0"} 0.0015\n');
    expect(first).not.toContain('lockstep_worker_shards{worker="w1"}');
    expect(first).toContain('lockstep_threads 4\n');
    expect(first).toContain('lockstep_workers_missing 1\n');
    workers = [];
    const then = await registry.metrics();
    expect(then).not.toContain('worker="w0"');
    expect(then).toContain('lockstep_workers 0\n');
  });

  test('know threads that rest', async () => {
    const rest = { of: 2, stepMs: 1, beforeMs: 2, before: 2, computing: 1 };
    const seen = seenRun(start, { event: 'threads', time, step: 9, ...rest });
    seen.run = { ...made, threads: 2 };
    expect((await scraped(RUN_METRICS, seen)).lockstep_threads_computing).toBe(1);
  });
});

test('the metrics of a worker are its link, its part and its pace', async () => {
  const seen = new SeenWorker('w0');
  expect(await scraped(WORKER_METRICS, seen)).toEqual({ lockstep_worker_connected: 0 });
  const pace = { computeMs: 4, sendMs: 2, waitMs: 1, loss: 0.5 };
  const status = { doing: 'training', run: 'first', generation: 3, members: 2, step: 9, steps: 40 };
  seen.run = { status: { ...status, pace } };
  const generation = {
    event: 'generation',
    generation: 3,
    rank: 0,
    members: ['w0', 'w1'],
  } as const;
  seen.take({ event: 'joined', time, run: 'first', name: 'w0', threads: 2, step: null });
  seen.take({ event: 'disconnected', time, code: 'silent', reason: 'words' });
  seen.take({ event: 'connected', time, url: 'u', run: 'first' });
  seen.take({ ...generation, time, topology: 'star', first: 2, end: 8, step: 9 });
  expect(await scraped(WORKER_METRICS, seen)).toEqual({
    lockstep_worker_connected: 1,
    'lockstep_worker_disconnects_total{reason="silent"}': 1,
    lockstep_generation: 3,
    lockstep_workers: 2,
    lockstep_step: 9,
    lockstep_steps: 40,
    lockstep_train_loss: 0.5,
    lockstep_threads: 2,
    lockstep_threads_computing: 2,
    lockstep_worker_shards: 6,
    'lockstep_worker_step_seconds{worker="w0",part="computing"}': 0.004,
    'lockstep_worker_step_seconds{worker="w0",part="sending"}': 0.002,
    'lockstep_worker_step_seconds{worker="w0",part="waiting"}': 0.001,
  });
});

test('labels cannot grow with what a peer says', () => {
  expect(['silent', 'thread-lost', 'x'.repeat(30)].map(knownReason)).toEqual([
    ...['silent', 'thread-lost', 'other'],
  ]);
});

const ALL: readonly Metric<never>[] = [...RUN_METRICS, ...WORKER_METRICS];

describe('by the conventions of Prometheus', () => {
  test.each(ALL.map((metric) => [metric.name, metric] as const))('%s', (name, metric) => {
    expect(name).toMatch(/^lockstep_[a-z]+(_[a-z]+)*$/);
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|percent|kb|mb)(_|$)/);
    expect(name.endsWith('_total')).toBe(metric.type === 'counter');
    expect(metric.help).toMatch(/^[A-Z].*\.$/);
  });

  test('one name means one kind of thing, on whichever process', () => {
    for (const metric of WORKER_METRICS) {
      const other = RUN_METRICS.find(({ name }) => name === metric.name);
      if (other) expect(other.type).toBe(metric.type);
    }
    for (const metrics of [RUN_METRICS, WORKER_METRICS]) {
      const names = metrics.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('a value that is not known is none, and not 0', async () => {
    let value: number | undefined = 3;
    const registry = new prometheus.Registry();
    register(prometheus, registry, [gauge('lockstep_x', 'Of a test.', () => value)], {});
    expect(await registry.metrics()).toContain('lockstep_x 3\n');
    value = undefined;
    expect(await registry.metrics()).not.toMatch(/^lockstep_x /m);
  });
});

/** Besides its own: of the process that has it, and what Prometheus adds. */
function labelsOf(name: string): Set<string> {
  const own = ALL.filter((metric) => metric.name === name).flatMap(({ labels = [] }) => labels);
  const isOfWorkers = WORKER_METRICS.some((metric) => metric.name === name);
  return new Set(['run', 'instance', 'job', ...own, ...(isOfWorkers ? ['worker'] : [])]);
}

const read = (path: string): string =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

describe('what names metrics', () => {
  const known = new Set(ALL.map(({ name }) => name));
  const registry = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) known.add(name);

  test('the dashboard asks for none that is not there', () => {
    const dashboard = JSON.parse(read('deploy/grafana/lockstep.json'));
    const queries: string[] = [];
    JSON.stringify(dashboard, (key, value) => {
      if (['expr', 'definition'].includes(key)) queries.push(value);
      return value;
    });
    const asked = queries.flatMap((query) => query.match(/\b(lockstep|process|nodejs)_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    // And for all that are there.
    expect(ALL.filter(({ name }) => !asked.includes(name))).toEqual([]);
  });

  test('the dashboard asks for labels that each of them has', () => {
    const panels: { expr: string; legendFormat?: string }[] = [];
    JSON.stringify(JSON.parse(read('deploy/grafana/lockstep.json')), (_, value) => {
      if (typeof value?.expr === 'string') panels.push(value);
      return value;
    });
    expect(panels.length).toBeGreaterThan(30);
    for (const { expr, legendFormat = '' } of panels) {
      const names = expr.match(/\b(lockstep|process|nodejs)_\w+/g) ?? [];
      const labels = names.map((name) => labelsOf(name));
      const selected = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, inner]) =>
        inner!.split(',').map((one) => /^\w+/.exec(one)![0]),
      );
      expect(selected.length, expr).toBe(names.length);
      for (const [i, each] of selected.entries()) {
        expect(each, `${expr}: each query is of one run`).toContain('run');
        expect(each.filter((label) => !labels[i]!.has(label))).toEqual([]);
      }
      const [, kept] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
      const by = kept?.split(',').map((label) => label.trim());
      expect((by ?? []).filter((label) => !labels[0]!.has(label))).toEqual([]);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      expect(shown.filter((label) => !(by?.includes(label) ?? labels[0]!.has(label)))).toEqual([]);
    }
  });

  test('the page lists each, as it is called, and no other', () => {
    const page = read('docs/watching.md');
    const listed = new Set(page.match(/\blockstep_[a-z_]+\b/g));
    expect(ALL.map(({ name }) => name).filter((name) => !listed.has(name))).toEqual([]);
    expect([...listed].filter((name) => !known.has(name))).toEqual([]);
  });
});

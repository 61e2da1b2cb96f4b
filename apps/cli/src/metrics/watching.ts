// A run, or a worker, with a port that Prometheus scrapes and that probes ask. The library that writes what Prometheus reads is loaded by those who
// ask for it.
import { readRun } from '@lockstep/trainer';
import type * as Prometheus from 'prom-client';
import { isLoopback } from '../loopback.js';
import type { Screen } from '../screen.js';
import type { Watched, Watcher, WorkerWatcher } from '../watcher.js';
import { healthOfRun, healthOfWorker } from './health.js';
import { type Metric, register } from './metric.js';
import { addressOf, type MetricsFlags } from './options.js';
import { RUN_METRICS, SeenRun } from './run-metrics.js';
import { type Health, type MetricsServer, serveMetrics } from './server.js';
import { SeenWorker, WORKER_METRICS } from './worker-metrics.js';

const FLAG = '--prometheus';

/** @returns undefined where nobody asks for it. @throws UsageError if the port cannot be had */
export async function watchForPrometheus(
  { prometheus }: MetricsFlags,
  screen: Screen,
): Promise<Watcher | undefined> {
  if (prometheus === undefined) return undefined;
  const seen = new SeenRun();
  const { registry, server } = await open(prometheus, RUN_METRICS, seen, healthOfRun(seen), screen);
  let out = '';
  return {
    name: FLAG,
    begin(run: Watched, folder: string): void {
      seen.run = run;
      out = folder;
    },
    async onEvent(event): Promise<void> {
      seen.take(event);
      if (event.event !== 'run-start') return;
      registry.setDefaultLabels({ run: event.run });
      // What is found there alone, such as the learning rate, is left out if it cannot be read.
      seen.config = (await readRun(out).catch(() => undefined))?.config;
    },
    close: () => server.close(),
  };
}

/** As `watchForPrometheus`, of a worker. */
export async function watchWorkerForPrometheus(
  { prometheus }: MetricsFlags,
  name: string,
  screen: Screen,
): Promise<WorkerWatcher | undefined> {
  if (prometheus === undefined) return undefined;
  const seen = new SeenWorker(name);
  const { registry, server } = await open(
    ...([prometheus, WORKER_METRICS, seen, healthOfWorker(seen), screen] as const),
  );
  registry.setDefaultLabels({ worker: name });
  return {
    name: FLAG,
    begin(run): void {
      seen.run = run;
    },
    onEvent(event): void {
      seen.take(event);
      if (event.event !== 'connected') return;
      registry.setDefaultLabels({ worker: name, run: event.run });
    },
    close: () => server.close(),
  };
}

async function open<Seen>(
  at: string,
  metrics: readonly Metric<Seen>[],
  seen: Seen,
  health: Health,
  screen: Screen,
): Promise<{ registry: Prometheus.Registry; server: MetricsServer }> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  register(prometheus, registry, metrics, seen);
  const address = addressOf(at);
  const server = await serveMetrics(FLAG, address, registry, health);
  // Only now: what they measure they measure until the process ends.
  prometheus.collectDefaultMetrics({ register: registry });
  if (!isLoopback(address.host)) {
    screen.warn(`${FLAG} ${at}: whoever reaches this port can read the metrics; there is no token`);
  }
  screen.note(`metrics for Prometheus: ${server.url}`);
  return { registry, server };
}

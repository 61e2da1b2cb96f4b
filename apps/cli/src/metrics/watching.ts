// A run, or a worker, with a port that Prometheus scrapes and that probes ask. The library that writes what Prometheus reads is loaded by those who
// ask for it.
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
/** Who asks before the run is made, while its data is read, waits so long: less than Prometheus does. */
const NAMED_MS = 5000;

/** Whether it is known yet which run is watched. */
class Named {
  #isNamed = false;
  readonly #waiting = new Set<() => void>();

  note(): void {
    this.#isNamed = true;
    for (const wake of this.#waiting) wake();
  }

  /** @returns whether it is, or was within this time */
  async within(ms: number): Promise<boolean> {
    if (this.#isNamed) return true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#isNamed;
  }
}

/** @returns undefined where nobody asks for it. @throws UsageError if the port cannot be had */
export async function watchForPrometheus(
  { prometheus }: MetricsFlags,
  screen: Screen,
): Promise<Watcher | undefined> {
  if (prometheus === undefined) return undefined;
  const seen = new SeenRun();
  // Without the run's name there would be other series than later.
  const named = new Named();
  const { registry, server } = await open(
    ...([prometheus, RUN_METRICS, seen, healthOfRun(seen), screen, named] as const),
  );
  return {
    name: FLAG,
    begin(run: Watched): void {
      seen.run = run;
      registry.setDefaultLabels({ run: run.name });
      named.note();
    },
    onEvent: (event) => seen.take(event),
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
  named?: Named,
): Promise<{ registry: Prometheus.Registry; server: MetricsServer }> {
  const prometheus = await import('prom-client');
  const registry = new prometheus.Registry();
  register(prometheus, registry, metrics, seen);
  const address = addressOf(at);
  const { contentType } = registry;
  const server = await serveMetrics(
    FLAG,
    address,
    {
      contentType,
      metrics: async () =>
        (await named?.within(NAMED_MS)) === false ? undefined : registry.metrics(),
    },
    health,
  );
  // Only now: what they measure they measure until the process ends.
  prometheus.collectDefaultMetrics({ register: registry });
  if (!isLoopback(address.host)) {
    screen.warn(`${FLAG} ${at}: whoever reaches this port can read the metrics; there is no token`);
  }
  screen.note(`metrics for Prometheus: ${server.url}`);
  return { registry, server };
}

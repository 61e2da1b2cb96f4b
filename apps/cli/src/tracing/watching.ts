// A run, or a worker, whose spans go to the tracer provider that this process has, if it has one.

import type { StepReport } from '@lockstep/core';
import { ownVersion } from '../own-manifest.js';
import type { Screen } from '../screen.js';
import type { Watcher, WorkerWatcher } from '../watcher.js';
import type { TracingFlags } from './options.js';
import { type Api, flush, registeredApi } from './registered.js';
import { RunSpans } from './run-spans.js';
import { WorkerSpans } from './worker-spans.js';

/** @returns undefined where nobody takes spans */
export async function watchForTracing(
  { traceSteps = 0 }: TracingFlags,
  screen: Screen,
): Promise<Watcher | undefined> {
  const api = await registeredApi(screen);
  if (!api) return undefined;
  const spans = new RunSpans(api, { tracer: tracerOf(api), everySteps: traceSteps, now });
  return {
    name: 'OpenTelemetry',
    begin: () => spans.begin(),
    ...(traceSteps > 0 && { onStep: (told: StepReport) => spans.step(told) }),
    onEvent: (event) => spans.take(event),
    async close(error): Promise<void> {
      spans.end(error);
      await flush(api);
    },
  };
}

/** As `watchForTracing`, of a worker. */
export async function watchWorkerForTracing(
  name: string,
  screen: Screen,
): Promise<WorkerWatcher | undefined> {
  const api = await registeredApi(screen);
  if (!api) return undefined;
  const spans = new WorkerSpans(api, tracerOf(api), name);
  return {
    name: 'OpenTelemetry',
    begin: () => {},
    onEvent: (event) => spans.take(event),
    async close(error): Promise<void> {
      spans.end(error);
      await flush(api);
    },
  };
}

function tracerOf({ trace }: Api) {
  return trace.getTracer('lockstep', ownVersion());
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

// What a worker's process is as numbers, for whoever scrapes a `worker`.
import type { WorkerEvent, WorkerStatus } from '@lockstep/worker';
import { gauge, type Metric } from './metric.js';
import { knownReason } from './reasons.js';
import { partsOf } from './run-metrics.js';

/** What is seen of a worker. */
export class SeenWorker {
  readonly name: string;
  run: { readonly status: WorkerStatus } | undefined;
  threads: number | undefined;
  computing: number | undefined;
  shards: number | undefined;
  isConnected = false;
  readonly disconnects = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  get status(): WorkerStatus | undefined {
    return this.run?.status;
  }

  take(event: WorkerEvent): void {
    switch (event.event) {
      case 'connected':
        this.isConnected = true;
        break;
      case 'disconnected': {
        this.isConnected = false;
        const reason = knownReason(event.code);
        this.disconnects.set(reason, (this.disconnects.get(reason) ?? 0) + 1);
        break;
      }
      case 'joined':
        this.threads = event.threads;
        break;
      case 'generation':
        this.shards = event.end - event.first;
        break;
      case 'threads':
        this.computing = event.computing;
        break;
      default:
        break;
    }
  }
}

export const WORKER_METRICS: readonly Metric<SeenWorker>[] = [
  gauge('lockstep_worker_connected', 'Whether it has a coordinator: 1 or 0.', ({ isConnected }) =>
    Number(isConnected),
  ),
  {
    name: 'lockstep_worker_disconnects_total',
    help: 'Links to the coordinator that were lost.',
    type: 'counter',
    labels: ['reason'],
    values: ({ disconnects }) =>
      [...disconnects].map(([reason, value]) => ({ value, labels: { reason } })),
  },
  gauge('lockstep_generation', 'The number of the generation that it is in.', ({ status }) =>
    status?.members ? status.generation : undefined,
  ),
  gauge('lockstep_workers', 'Workers of that generation.', ({ status }) => status?.members),
  gauge(
    'lockstep_step',
    'Committed steps of the state that it holds.',
    ({ status }) => status?.step,
  ),
  gauge('lockstep_steps', 'Steps of the whole run.', ({ status }) => status?.steps),
  gauge(
    'lockstep_train_loss',
    'Mean loss of the last step that it reported.',
    ({ status }) => status?.pace?.loss,
  ),
  gauge('lockstep_threads', 'Its compute threads.', ({ threads }) => threads),
  gauge(
    'lockstep_threads_computing',
    'Threads of this machine that compute; others rest.',
    ({ computing, threads }) => computing ?? threads,
  ),
  gauge('lockstep_worker_shards', 'Shards of a batch that it has.', ({ shards }) => shards),
  {
    name: 'lockstep_worker_step_seconds',
    help: 'Mean time a step that it last spent on each part of it.',
    type: 'gauge',
    labels: ['worker', 'part'],
    values: ({ name, status }) => (status?.pace ? partsOf(name, status.pace) : []),
  },
];

// What a run is as numbers, for whoever scrapes a `train` or a `coordinator`: a table, and what is seen of the run's events.
// Invariant: labels are bounded: by the run's metrics, by the workers that are there now, by the reasons that are known.
import type { WorkerStatus } from '@lockstep/coordinator';
import { learningRateAt, type MetricValue } from '@lockstep/core';
import type { ClusterEvent, EpochEndEvent, Progress, RunStartEvent } from '@lockstep/trainer';
import { samplesSeen } from '@lockstep/tree';
import type { Watched } from '../watcher.js';
import { counter, gauge, type Metric, type Value } from './metric.js';
import { knownReason } from './reasons.js';
import { Rising } from './rising.js';

/** What is seen of a run. It grows with the reasons of losses alone, which are bounded. */
export class SeenRun {
  run: Watched | undefined;
  start: RunStartEvent | undefined;
  epoch: EpochEndEvent | undefined;
  generation: number | undefined;
  computing: number | undefined;
  checkpointStep: number | undefined;
  /** Of a cluster: whether workers may join it now. */
  isOpen = false;
  readonly lost = new Map<string, number>();
  readonly bytes = new Rising();
  readonly counts = { joined: 0, recoveries: 0, recoveryMs: 0, checkpoints: 0, redeals: 0 };

  take(event: ClusterEvent): void {
    const { counts } = this;
    switch (event.event) {
      case 'listening':
        this.isOpen = true;
        break;
      case 'run-end':
        this.isOpen = false;
        break;
      case 'run-start':
        this.start = event;
        break;
      case 'epoch-end':
        this.epoch = event;
        break;
      case 'generation':
        this.generation = event.generation;
        break;
      case 'threads':
        this.computing = event.computing;
        break;
      case 'worker-joined':
        counts.joined++;
        break;
      case 'worker-lost': {
        const reason = knownReason(event.code);
        this.lost.set(reason, (this.lost.get(reason) ?? 0) + 1);
        break;
      }
      case 'recovered':
        counts.recoveries++;
        counts.recoveryMs += event.ms;
        break;
      case 'redeal':
        counts.redeals++;
        break;
      case 'checkpoint':
        counts.checkpoints++;
        this.checkpointStep = event.step;
        break;
      default:
        break;
    }
  }

  get progress(): Progress | undefined {
    return this.run?.progress();
  }

  /** Of a cluster. */
  get workers(): readonly WorkerStatus[] {
    return this.run?.workers ?? [];
  }
}

export const RUN_METRICS: readonly Metric<SeenRun>[] = [
  {
    name: 'lockstep_run_info',
    help: 'What the run is; always 1.',
    type: 'gauge',
    labels: ['dataset', 'kernels', 'arithmetic'],
    values: ({ run }) => (run ? [{ value: 1, labels: infoOf(run) }] : []),
  },
  gauge('lockstep_epoch', 'The epoch that is trained, from 1.', ({ progress }) => progress?.epoch),
  gauge('lockstep_epochs', 'Epochs of the whole run.', ({ progress }) => progress?.epochs),
  gauge('lockstep_step', 'Committed steps of the run, before this process too.', stepOf),
  gauge('lockstep_steps', 'Steps of the whole run.', ({ progress }) => progress?.steps),
  counter('lockstep_steps_total', 'Steps that this process has trained.', stepsTaken),
  counter('lockstep_samples_total', 'Samples that this process has trained on.', samplesTaken),
  counter(
    'lockstep_training_seconds_total',
    'Time that this process has spent on steps, without evaluation and checkpoints.',
    ({ run, progress }) => run && (progress?.trainingSeconds ?? 0),
  ),
  gauge(
    'lockstep_samples_per_second',
    'Samples a second of training time, since this process took up the run.',
    ({ progress }) => progress?.samplesPerSecond,
  ),
  gauge(
    'lockstep_step_seconds',
    'Mean training time of a step, since this process took up the run.',
    stepSeconds,
  ),
  gauge(
    'lockstep_remaining_seconds',
    'Training time that is left, at the rate so far.',
    ({ progress }) => progress?.secondsLeft,
  ),
  gauge(
    'lockstep_train_loss',
    'Mean loss of the last step over its samples.',
    ({ progress }) => progress?.loss,
  ),
  gauge(
    'lockstep_epoch_train_loss',
    'Mean loss over the samples of the last whole epoch.',
    ({ epoch }) => epoch?.trainLoss,
  ),
  gauge(
    'lockstep_epoch_seconds',
    'Time of the last whole epoch, with evaluation and checkpoints.',
    ({ epoch }) => epoch?.seconds,
  ),
  {
    name: 'lockstep_metric',
    help: 'What the last evaluation gave, of each metric that is a single number.',
    type: 'gauge',
    labels: ['dataset', 'metric'],
    values: ({ epoch }) => Object.entries(epoch?.metrics ?? {}).flatMap(metricValue),
  },
  gauge('lockstep_learning_rate', 'Of the step that comes next, without groups.', learningRate),
  counter(
    'lockstep_checkpoints_total',
    'Checkpoints that were saved.',
    ({ counts }) => counts.checkpoints,
  ),
  gauge(
    'lockstep_checkpoint_step',
    'The step of the newest checkpoint.',
    ({ checkpointStep }) => checkpointStep,
  ),
  gauge('lockstep_threads', 'Compute threads of the run, on all machines.', threads),
  gauge(
    'lockstep_threads_computing',
    'Threads of this machine that compute; others rest.',
    computing,
  ),
  gauge('lockstep_workers', 'Workers that are in the run.', ({ run }) => run?.workers?.length),
  gauge(
    'lockstep_workers_missing',
    'Workers that must yet come before anybody computes.',
    ({ run }) => run?.missing,
  ),
  gauge(
    'lockstep_generation',
    'The number of the newest generation.',
    ({ generation }) => generation,
  ),
  counter('lockstep_workers_joined_total', 'Workers that joined.', ({ counts }) => counts.joined),
  {
    name: 'lockstep_workers_lost_total',
    help: 'Workers that were lost or left on purpose, or threads of this machine that were lost.',
    type: 'counter',
    labels: ['reason'],
    values: ({ lost }) => [...lost].map(([reason, value]) => ({ value, labels: { reason } })),
  },
  counter(
    'lockstep_recoveries_total',
    'Losses after which a step was committed again.',
    ({ counts }) => counts.recoveries,
  ),
  counter(
    'lockstep_recovery_seconds_total',
    'Time from a loss being noticed to the next committed step.',
    ({ counts }) => counts.recoveryMs / 1000,
  ),
  counter(
    'lockstep_redeals_total',
    'Shards dealt anew, since a worker had become slower or faster.',
    ({ counts }) => counts.redeals,
  ),
  ofWorkers('lockstep_worker_threads', 'Compute threads of a worker.', ({ threads }) => threads),
  ofWorkers('lockstep_worker_shards', 'Shards of a batch that a worker has.', ({ shards }) =>
    shards ? shards.end - shards.first : undefined,
  ),
  {
    name: 'lockstep_worker_bytes_total',
    help: 'Bytes between a worker and the coordinator since it came, both ways.',
    type: 'counter',
    labels: ['worker'],
    values: ({ workers, bytes }) => bytes.over(workers.map(({ name, bytes }) => [name, bytes])),
  },
  ofWorkers(
    'lockstep_worker_round_trip_seconds',
    'Of the last sign of life that a worker was asked for.',
    ({ roundTripMs }) => (roundTripMs === undefined ? undefined : roundTripMs / 1000),
  ),
  {
    name: 'lockstep_worker_step_seconds',
    help: 'Mean time a step that a worker last spent on each part of it.',
    type: 'gauge',
    labels: ['worker', 'part'],
    values: ({ workers }) => workers.flatMap((worker) => partsOf(worker.name, worker)),
  },
];

/** What a step of a worker consists of. */
export interface StepParts {
  readonly computeMs: number | undefined;
  readonly sendMs: number | undefined;
  readonly waitMs: number | undefined;
}

export function partsOf(worker: string, { computeMs, sendMs, waitMs }: StepParts): Value[] {
  const parts = { computing: computeMs, sending: sendMs, waiting: waitMs };
  return Object.entries(parts).flatMap(([part, ms]) =>
    ms === undefined ? [] : [{ value: ms / 1000, labels: { worker, part } }],
  );
}

function ofWorkers(
  name: string,
  help: string,
  value: (worker: WorkerStatus) => number | undefined,
): Metric<SeenRun> {
  const values = ({ workers }: SeenRun): Value[] =>
    workers.flatMap((worker) => {
      const its = value(worker);
      return its === undefined ? [] : [{ value: its, labels: { worker: worker.name } }];
    });
  return { name, help, type: 'gauge', labels: ['worker'], values };
}

function infoOf({ data, backend }: Watched): Record<string, string> {
  return { dataset: data.train.name, kernels: backend.name, arithmetic: backend.arithmetic };
}

/** `accuracy` is of the test data, `validation.accuracy` of the validation data. */
function metricValue([name, value]: [string, MetricValue]): Value[] {
  if (typeof value !== 'number') return [];
  const dot = name.indexOf('.');
  const dataset = dot < 0 ? 'test' : name.slice(0, dot);
  return [{ value, labels: { dataset, metric: name.slice(dot + 1) } }];
}

function stepOf({ progress }: SeenRun): number | undefined {
  return progress?.step;
}

/** None before the run has begun here: where it goes on from is known only then. */
function stepsTaken({ run, progress, start }: SeenRun): number | undefined {
  if (!run) return undefined;
  return progress && start ? Math.max(progress.step - start.step, 0) : 0;
}

function samplesTaken({ run, progress, start }: SeenRun): number | undefined {
  if (!run) return undefined;
  if (!progress || !start) return 0;
  const { batchSize, dropLast } = run.config;
  const batches = { samples: run.data.train.samples, batchSize, dropLast };
  return Math.max(samplesSeen(batches, progress.step) - samplesSeen(batches, start.step), 0);
}

function stepSeconds(seen: SeenRun): number | undefined {
  const steps = stepsTaken(seen);
  return steps ? seen.progress!.trainingSeconds / steps : undefined;
}

function learningRate({ run, progress }: SeenRun): number | undefined {
  if (!run || !progress) return undefined;
  const { schedule, learningRate: base } = run.config.optimizer;
  return learningRateAt(schedule, base, Math.min(progress.step, Math.max(progress.steps - 1, 0)));
}

function threads({ run }: SeenRun): number | undefined {
  return run?.threads ?? run?.workers?.reduce((sum, worker) => sum + worker.threads, 0);
}

/** Until some rest, all compute. A coordinator hears of none. */
function computing({ run, computing: told }: SeenRun): number | undefined {
  return told ?? run?.threads;
}

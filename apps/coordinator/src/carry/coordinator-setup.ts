// What the coordinator is told of a run before it begins, from the run's options and what the disk holds.
import { randomBytes } from 'node:crypto';
import { ConfigError } from '@lockstep/core';
import type { RunPlan } from '@lockstep/core/internal';
import type { Judging, PreparedRun } from '@lockstep/trainer';
import {
  type AuditPlan,
  MAX_CHUNK_SUM_BYTES,
  MAX_NAME_CHARACTERS,
  printable,
} from '@lockstep/wire';
import { Coordinator } from '../decide/coordinator.js';
import type { NetworkOptions } from '../network-options.js';
import type { DatasetShelf } from './dataset-shelf.js';
import type { RunStore } from './run-store.js';

export interface ClusterOptions extends PreparedRun, NetworkOptions {}

/** Workers report the digest of their state after so many samples, so that it costs a small part of their computing, … */
const DIGEST_EVERY_SAMPLES = 16_384;
/** … but no sooner and no later than after so many steps. */
const DIGEST_EVERY_STEPS = { least: 64, most: 256 };
const RESUME_GRACE_MS = 2000;

export function makeCoordinator(
  options: ClusterOptions,
  plan: RunPlan,
  { descriptions }: DatasetShelf,
  { run, durable }: RunStore,
  judging: Judging,
): Coordinator {
  const { name, config, checkpointEvery, heartbeatTimeoutMs, watch } = options;
  const { topology, transports, minWorkers, maxWorkers, auditShare: share } = options;
  const { isNew, lead } = options;
  const { stepsPerEpoch, steps } = plan;
  const audit: AuditPlan | null = share > 0 ? { share, seed: config.seed } : null;
  return new Coordinator({
    config: {
      shards: config.shards,
      batchSize: config.batchSize,
      evaluated: plan.evaluated,
      sums: plan.evaluation.sums,
      stepsPerEpoch,
      steps,
      checkpointEvery: checkpointEvery ?? stepsPerEpoch,
      topology,
      takesPages: transports.some(({ servesPage }) => servesPage === true),
      audit,
      minWorkers,
      takesOver: lead !== undefined && !isNew,
      maxWorkers,
      resumeGraceMs: RESUME_GRACE_MS,
      judge: (before, evaluation) => judging.judge(before, evaluation),
      keepsBest: judging.rule.keep === 'best',
      savesEpochs: watch.onEpoch !== undefined,
    },
    durable,
    run: {
      type: 'run',
      run,
      name: printable(name, MAX_NAME_CHARACTERS),
      config: JSON.stringify(config),
      datasets: descriptions,
      digestEvery: digestEvery(config.batchSize),
      heartbeatTimeoutMs,
      audit,
    },
    stateBytes: plan.state.bytes,
    vectorFloats: plan.training.sums.floats,
    backend: options.backend,
    drawKey: () => randomBytes(32),
  });
}

/** Steps from one digest of the workers' states to the next. */
export function digestEvery(batchSize: number): number {
  const { least, most } = DIGEST_EVERY_STEPS;
  return Math.min(Math.max(least, Math.ceil(DIGEST_EVERY_SAMPLES / batchSize)), most);
}

/** @throws ConfigError unless one worker alone could hand in all sums of an evaluation */
export function checkSumBytes({ evaluated, evaluation }: RunPlan): void {
  const bytes = 4 * evaluation.sums.floats * (evaluated.at(-1)?.endChunk ?? 0);
  if (bytes <= MAX_CHUNK_SUM_BYTES) return;
  throw new ConfigError(
    `coordinate: an evaluation comes to ${bytes} bytes of sums, a worker hands in at most ${MAX_CHUNK_SUM_BYTES}. Evaluate on fewer samples, or leave out the confusion matrix, which takes the square of the number of classes`,
  );
}

// The library's entry points: `train` starts a run on this machine's cores, `resume` goes on with one.
// Both give a TrainingRun, which starts no thread until it is iterated or asked for its result.
import { checkOptions, type OptionNames, requireBoolean, requireInteger } from '@lockstep/errors';
import { MAX_THREADS } from '../computing/engine.js';
import type { Fault } from '../computing/fault.js';
import type { RefusedCheckpoint } from '../storing/checkpoint-store.js';
import { toBegin } from './begun.js';
import {
  NEW_RUN_OPTIONS,
  type NewRunOptions,
  OLD_RUN_OPTIONS,
  type OldRunOptions,
  prepareResume,
  prepareRun,
} from './prepare-run.js';
import { TrainingRun } from './training-run.js';

export interface TrainOptions extends NewRunOptions {
  /** Compute threads. Default: all cores, or as many as a CPU quota allows. At most one a shard has work. Cannot change the result. */
  readonly workers?: number | undefined;
  /** Time every kernel call, for `profiles`; makes steps slower. Default false. */
  readonly profile?: boolean | undefined;
  /** For tests of recovery: deaths of threads on purpose. */
  readonly faults?: readonly Fault[] | undefined;
}

const THREAD_OPTIONS = { workers: true, profile: true, faults: true } as const;
const TRAIN_OPTIONS: OptionNames<TrainOptions> = { ...NEW_RUN_OPTIONS, ...THREAD_OPTIONS };
const RESUME_OPTIONS: OptionNames<ResumeOptions> = { ...OLD_RUN_OPTIONS, ...THREAD_OPTIONS };

/** @throws ConfigError if how a run is to be computed is of a wrong kind or out of its range */
function checkThreads(
  operation: string,
  { workers, profile = false }: Pick<TrainOptions, 'workers' | 'profile'>,
): void {
  if (workers !== undefined) requireInteger(operation, 'workers', workers, 1, MAX_THREADS);
  requireBoolean(operation, 'profile', profile);
}

/**
 * Trains on this machine's cores: the same bits for any number of threads, however often one dies.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError at once, if the parts do not fit together; what fails later
 * is thrown by the iteration
 */
export function train(options: TrainOptions): TrainingRun {
  checkOptions('train', options, TRAIN_OPTIONS);
  checkThreads('train', options);
  const { workers, faults, profile } = options;
  const run = new TrainingRun({ ...prepareRun('train', options), workers, faults, profile });
  return toBegin(run, 'train', train);
}

export interface ResumeOptions extends OldRunOptions {
  readonly workers?: number | undefined;
  /** Time every kernel call, for `profiles`; makes steps slower. Default false. */
  readonly profile?: boolean | undefined;
  /** For tests of recovery: deaths of threads on purpose. */
  readonly faults?: readonly Fault[] | undefined;
}

/**
 * Goes on with an interrupted run from its newest checkpoint that can be trusted. It ends with the hash of
 * the undisturbed run.
 *
 * @returns and throws as `prepareResume`
 */
export async function resume(
  options: ResumeOptions,
): Promise<{ run: TrainingRun; refused: readonly RefusedCheckpoint[] }> {
  checkOptions('resume', options, RESUME_OPTIONS);
  checkThreads('resume', options);
  const { workers, faults, profile } = options;
  const { prepared, refused } = await prepareResume(options);
  const run = new TrainingRun({ ...prepared, workers, faults, profile });
  return { run: toBegin(run, 'resume', resume), refused };
}

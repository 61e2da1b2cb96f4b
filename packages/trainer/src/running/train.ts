// The library's entry points: `train` starts a run on this machine's cores, `resume` goes on with one.
// Both give a TrainingRun, which starts no thread until it is iterated or asked for its result.
import { checkOptions, type OptionNames, requireBoolean } from '@lockstep/errors';
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
import type { ThreadOptions } from './thread-computing.js';
import { THREAD_COUNT, type ThreadCount, threadCount } from './thread-count.js';
import { TrainingRun } from './training-run.js';

/** How threads compute a run. */
interface ThreadsOptions extends ThreadCount {
  /** Time every kernel call, for `profiles`; makes steps slower. Default false. */
  readonly profile?: boolean | undefined;
  /** Keep account of what each thread's time goes to, for the run's `lanes`; takes a microsecond a step. Default false. */
  readonly lanes?: boolean | undefined;
  /** For tests of recovery: deaths of threads on purpose. */
  readonly faults?: readonly Fault[] | undefined;
}

/** What `train` takes. */
export interface TrainOptions extends NewRunOptions, ThreadsOptions {}

/** What `resume` takes. */
export interface ResumeOptions extends OldRunOptions, ThreadsOptions {}

const THREADS_OPTIONS = { ...THREAD_COUNT, profile: true, lanes: true, faults: true } as const;
const TRAIN_OPTIONS: OptionNames<TrainOptions> = { ...NEW_RUN_OPTIONS, ...THREADS_OPTIONS };
const RESUME_OPTIONS: OptionNames<ResumeOptions> = { ...OLD_RUN_OPTIONS, ...THREADS_OPTIONS };

/** @throws ConfigError if how a run is to be computed is of a wrong kind or out of its range */
function threadOptions(operation: string, options: ThreadsOptions): ThreadOptions {
  const { profile = false, lanes = false, faults } = options;
  const threads = threadCount(operation, options);
  requireBoolean(operation, 'profile', profile);
  requireBoolean(operation, 'lanes', lanes);
  return { threads, profile, lanes, faults };
}

/**
 * Trains on this machine's cores: the same bits for any number of threads, however often one dies.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError at once, if the parts do not fit together; what fails later
 * is thrown by the iteration
 */
export function train(options: TrainOptions): TrainingRun {
  checkOptions('train', options, TRAIN_OPTIONS);
  const how = threadOptions('train', options);
  return toBegin(new TrainingRun(prepareRun('train', options), how), 'train', train);
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
  const how = threadOptions('resume', options);
  const { prepared, refused } = await prepareResume(options);
  return { run: toBegin(new TrainingRun(prepared, how), 'resume', resume), refused };
}

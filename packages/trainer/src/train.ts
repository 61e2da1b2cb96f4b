// The library's entry points: `train` starts a run on this machine's cores, `resume` goes on with one.
// Both give a TrainingRun, which starts no thread until it is iterated or asked for its result.
import type { RefusedCheckpoint } from './checkpoint-store.js';
import type { Fault } from './fault.js';
import {
  type NewRunOptions,
  type OldRunOptions,
  prepareResume,
  prepareRun,
} from './prepare-run.js';
import { TrainingRun } from './training-run.js';

export interface TrainOptions extends NewRunOptions {
  /** Compute threads. Default: all cores. At most one a shard has work. Cannot change the result. */
  readonly workers?: number | undefined;
  /** Time every kernel call, for `profiles`; makes steps slower. Default false. */
  readonly profile?: boolean | undefined;
  /** For tests of recovery: deaths of threads on purpose. */
  readonly faults?: readonly Fault[] | undefined;
}

/**
 * Trains on this machine's cores: the same bits for any number of threads, however often one dies.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError at once, if the parts do not fit together; what fails later
 * is thrown by the iteration
 */
export function train(options: TrainOptions): TrainingRun {
  const { workers, faults, profile } = options;
  return new TrainingRun({ ...prepareRun('train', options), workers, faults, profile });
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
  const { workers, faults, profile } = options;
  const { prepared, refused } = await prepareResume(options);
  return { run: new TrainingRun({ ...prepared, workers, faults, profile }), refused };
}

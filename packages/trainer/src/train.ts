// The library's entry points: `train` starts a run on this machine's cores, `resume` goes on with one.
// Both give a TrainingRun, which starts no thread until it is iterated or asked for its result.
import { ConfigError, initialParameters, LockstepError, type Parameters } from '@lockstep/core';
import { checkDataset, type RunOptions, runConfig, startState } from '@lockstep/core/engine';
import { datasetSha256 } from '@lockstep/data';
import { kernelHash } from '@lockstep/kernels';
import type { RefusedCheckpoint } from './checkpoint-store.js';
import type { Fault } from './fault.js';
import { RunFolder, readRun } from './run-folder.js';
import { checkParameterNames, fromCheckpoint } from './snapshot.js';
import { type TrainData, TrainingRun } from './training-run.js';

export interface TrainOptions extends Omit<RunOptions, 'data'> {
  readonly data: TrainData;
  /** Compute threads. Default: all cores. At most one a shard has work. Cannot change the result. */
  readonly workers?: number | undefined;
  /** What to start from. Default: drawn from the seed. */
  readonly parameters?: Parameters | undefined;
  /** The run's folder; created. Without one nothing is written. */
  readonly out?: string | undefined;
  /** Steps between checkpoints. Default: an epoch. Takes a folder. */
  readonly checkpointEvery?: number | undefined;
  /** Stops the run after the step it is at, with a checkpoint if it has a folder. */
  readonly signal?: AbortSignal | undefined;
  /** The run's name in events. Default `run`. */
  readonly name?: string | undefined;
  /** Kept in run.json: what the caller needs to find the same data again. Any JSON value. */
  readonly origin?: unknown;
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
  const { data } = options;
  if (!data?.train) {
    throw new ConfigError('train: data holds no datasets; expected { train } or { train, test }');
  }
  const config = runConfig({ ...options, data: data.train });
  for (const dataset of data.test ? [data.train, data.test] : [data.train]) checkDataset(dataset);
  checkParameterNames(config);
  checkEvery(options.checkpointEvery);
  if (options.checkpointEvery !== undefined && options.out === undefined) {
    throw new ConfigError('train: checkpointEvery needs a folder to save in; give out');
  }
  const parameters = options.parameters ?? initialParameters(config.graph, config.seed);
  return new TrainingRun({
    name: options.name ?? 'run',
    config,
    data,
    datasetSha256: datasetSha256(data.train, data.test),
    step: 0,
    state: startState(parameters),
    workers: options.workers,
    folder: options.out === undefined ? undefined : new RunFolder(options.out),
    isNew: true,
    origin: options.origin ?? null,
    checkpointEvery: options.checkpointEvery,
    signal: options.signal,
    faults: options.faults,
    profile: options.profile,
  });
}

export interface ResumeOptions {
  /** The run's folder. */
  readonly out: string;
  /** The data that the run began with. */
  readonly data: TrainData;
  readonly workers?: number | undefined;
  readonly checkpointEvery?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Time every kernel call, for `profiles`; makes steps slower. Default false. */
  readonly profile?: boolean | undefined;
  /** For tests of recovery: deaths of threads on purpose. */
  readonly faults?: readonly Fault[] | undefined;
}

/**
 * Goes on with an interrupted run from its newest checkpoint that can be trusted. It ends with the hash of
 * the undisturbed run.
 *
 * @returns the run, and the newer checkpoints that were refused, each with the reason
 * @throws ConfigError if there is no run in the folder, or the data is not what it began with
 * @throws CheckpointError if there are checkpoints and none can be trusted
 */
export async function resume(
  options: ResumeOptions,
): Promise<{ run: TrainingRun; refused: readonly RefusedCheckpoint[] }> {
  checkEvery(options.checkpointEvery);
  const record = await readRun(options.out);
  const folder = new RunFolder(options.out);
  const sha256 = datasetSha256(options.data.train, options.data.test);
  if (record.dataset.sha256 !== sha256) {
    throw new ConfigError(
      `resume: the run in ${folder.path} began with other data: SHA-256 ${record.dataset.sha256}, got ${sha256}`,
    );
  }
  if (record.engine !== kernelHash) {
    throw new LockstepError(
      'engine',
      `resume: the run in ${folder.path} began with kernels ${record.engine}, these are ${kernelHash}; ` +
        'the bits could differ. Resume with the version it began with, or start a new run from its weights',
    );
  }
  const latest = await folder.checkpoints.latest();
  if (!latest) throw new ConfigError(`resume: the run in ${folder.path} has no checkpoint`);
  const snapshot = fromCheckpoint(latest.checkpoint);
  if (
    JSON.stringify(snapshot.config) !== JSON.stringify(record.config) ||
    snapshot.datasetSha256 !== sha256 ||
    snapshot.engine !== kernelHash
  ) {
    throw new ConfigError(
      `resume: checkpoint ${latest.checkpoint.path} belongs to another run than run.json`,
    );
  }
  const run = new TrainingRun({
    name: record.run,
    config: record.config,
    data: options.data,
    datasetSha256: sha256,
    step: snapshot.step,
    state: snapshot.state,
    workers: options.workers,
    folder,
    isNew: false,
    origin: record.origin,
    checkpointEvery: options.checkpointEvery,
    signal: options.signal,
    faults: options.faults,
    profile: options.profile,
  });
  return { run, refused: latest.refused };
}

function checkEvery(steps: number | undefined): void {
  if (steps !== undefined && (!Number.isSafeInteger(steps) || steps < 1)) {
    throw new ConfigError(
      `train: checkpointEvery is ${steps}, expected a whole number of steps of at least 1`,
    );
  }
}

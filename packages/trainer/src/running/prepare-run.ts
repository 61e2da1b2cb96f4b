// A run before it begins, or goes on: options are checked and completed, a folder is read. Everything that can be wrong
// with the parts of a run is found here, before a thread starts or a worker connects.
import {
  ConfigError,
  type DatasetInput,
  type Metric,
  type OnEpoch,
  type OnStep,
  type ParametersInput,
  type PartialStart,
  type RunData,
} from '@lockstep/core';
import {
  checkRunNumbers,
  checkTargets,
  chooseMetrics,
  type Datasets,
  evaluatedNames,
  type Judgement,
  lossWarnings,
  MAX_STEPS,
  RUN_OPTIONS,
  type RunConfig,
  type RunOptions,
  type RunState,
  reportedMetrics,
  runConfig,
  shardWarnings,
  startState,
  stateLayoutOf,
  UNJUDGED,
  withValidation,
} from '@lockstep/core/internal';
import { datasetSha256, shareDatasets } from '@lockstep/data';
import {
  type OptionNames,
  requireCallback,
  requireInteger,
  requireSignal,
  requireText,
} from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { type Checkpoint, CheckpointError } from '../storing/checkpoint-file.js';
import type { RefusedCheckpoint } from '../storing/checkpoint-store.js';
import { checkUnclaimed } from '../storing/folder-claim.js';
import { isOfRun, RunFolder, type RunRecord } from '../storing/run-folder.js';
import { checkParameterNames, fromCheckpoint, type Snapshot } from '../storing/snapshot.js';
import { type BegunOptions, readBegun } from './begun-run.js';
import { BACKEND_OPTIONS, type BackendOptions, runBackend } from './run-backend.js';
import { StateHashes } from './state-hashes.js';
import { readStepRecords } from './step-records.js';

/** Who watches a run: no part of what it is, but for where an answer ends it. */
export interface WatchOptions {
  /** Stops the run after the step it is at, with a checkpoint if it has a folder. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called after each step, and waited for, which makes steps slower; `'stop'` ends the run. On a cluster it is called as
   * often as the coordinator hears of steps, and the run ends after those that are under way.
   */
  readonly onStep?: OnStep | undefined;
  /** Called after each epoch, and waited for; `'stop'` ends the run. */
  readonly onEpoch?: OnEpoch | undefined;
}

const WATCH_OPTIONS: OptionNames<WatchOptions> = { signal: true, onStep: true, onEpoch: true };

/** What makes a run, wherever it is computed. */
export interface NewRunOptions extends Omit<RunOptions, 'data'>, WatchOptions, BackendOptions {
  /** One dataset, or several by name: `train` is learnt from, `test` and every other is evaluated after each epoch. */
  readonly data: DatasetInput | RunData;
  /** What to start from. Default: drawn from the seed. */
  readonly parameters?: ParametersInput | PartialStart | undefined;
  /** The run's folder; created. Without one nothing is written. */
  readonly out?: string | undefined;
  /** Steps between checkpoints. Default: an epoch. Takes a folder. */
  readonly checkpointEvery?: number | undefined;
  /** The run's name in events. Default `run`. */
  readonly name?: string | undefined;
  /** Kept in run.json: what the caller needs to find the same data again. Any JSON value. */
  readonly origin?: unknown;
}

/** The names of what a new run takes. */
export const NEW_RUN_OPTIONS: OptionNames<NewRunOptions> = {
  ...RUN_OPTIONS,
  parameters: true,
  out: true,
  checkpointEvery: true,
  ...WATCH_OPTIONS,
  name: true,
  origin: true,
  ...BACKEND_OPTIONS,
};

/** A run that is ready to begin or to go on: everything that could be wrong with its parts has been looked at. */
export interface PreparedRun {
  readonly name: string;
  readonly config: RunConfig;
  readonly backend: Backend;
  /** What its evaluations tell, besides the loss. */
  readonly metrics: readonly Metric[];
  /** In shared memory. */
  readonly data: Datasets;
  /** Of a new run it is found when it is first asked for, which takes a while: threads can start meanwhile. */
  readonly datasetSha256: string;
  /** The step that `state` is what starts from. */
  readonly step: number;
  readonly state: RunState;
  readonly folder: RunFolder | undefined;
  /** False for a run that goes on in its folder. */
  readonly isNew: boolean;
  /** The checkpoints that were there when a run that goes on was looked at; undefined for a new one. */
  readonly found?: readonly string[] | undefined;
  /** Of a coordinator that leads by an election: higher than of any that led before. */
  readonly fence?: number | undefined;
  readonly origin: unknown;
  /** What looks wrong, though it can be computed: sentences for people. */
  readonly warnings: readonly string[];
  readonly checkpointEvery: number | undefined;
  /** What was judged of the epochs before `step`. */
  readonly judgement: Judgement;
  readonly watch: WatchOptions;
}

/**
 * Checks the parts of a new run and puts them together; touches no file. The options' names are checked by whoever adds
 * options of their own.
 *
 * @param operation for errors
 * @throws ConfigError, ShapeError, GraphError or DataError if the parts do not fit together
 */
export function prepareRun(operation: string, options: NewRunOptions): PreparedRun {
  checkCommon(operation, options);
  const backend = runBackend(operation, options);
  const { seed } = checkRunNumbers(options, operation);
  const { name = 'run', out } = options;
  requireText(operation, 'name', name);
  if (out !== undefined) requireText(operation, 'out', out);
  const data = shareDatasets(withValidation(operation, options.data, options.validation, seed));
  let sha256: string | undefined;
  const config = runConfig({ ...options, data: data.train }, operation, evaluatedNames(data));
  const metrics = chooseMetrics(operation, options.metrics);
  for (const dataset of Object.values(data)) {
    checkTargets(config.graph, dataset, options.loss, metrics);
  }
  checkParameterNames(config);
  if (options.checkpointEvery !== undefined && out === undefined) {
    throw new ConfigError(`${operation}: checkpointEvery needs a folder to save in; give out`);
  }
  const state = startState(operation, config.graph, config.seed, options.parameters);
  return {
    name,
    config,
    backend,
    metrics: reportedMetrics(operation, config.graph, metrics),
    data,
    get datasetSha256() {
      sha256 ??= datasetSha256(data);
      return sha256;
    },
    step: 0,
    state,
    folder: out === undefined ? undefined : new RunFolder(out),
    isNew: true,
    origin: options.origin ?? null,
    warnings: [
      ...lossWarnings(config.graph, options.loss),
      ...shardWarnings(config, data.train.samples),
    ],
    checkpointEvery: options.checkpointEvery,
    judgement: UNJUDGED,
    watch: options,
  };
}

/** @throws ConfigError if an option that new and old runs share is of a wrong kind or out of its range */
function checkCommon(
  operation: string,
  {
    checkpointEvery,
    signal,
    onStep,
    onEpoch,
  }: Pick<OldRunOptions, 'checkpointEvery' | keyof WatchOptions>,
): void {
  if (checkpointEvery !== undefined) {
    requireInteger(operation, 'checkpointEvery', checkpointEvery, 1, MAX_STEPS);
  }
  requireSignal(operation, signal);
  requireCallback(operation, 'onStep', onStep);
  requireCallback(operation, 'onEpoch', onEpoch);
}

/** What goes on with a run, wherever it is computed. */
export interface OldRunOptions extends WatchOptions, BegunOptions {
  /** Those of one's own that the run began with; built-in ones are known by their names. */
  readonly metrics?: readonly Metric[] | undefined;
  readonly checkpointEvery?: number | undefined;
}

/** The names of what a run takes that goes on. */
export const OLD_RUN_OPTIONS: OptionNames<OldRunOptions> = {
  out: true,
  data: true,
  metrics: true,
  validation: true,
  checkpointEvery: true,
  ...WATCH_OPTIONS,
  ...BACKEND_OPTIONS,
};

const OTHER_ARITHMETIC =
  'Resume with the version and backend it began with, or start a new run from its weights ' +
  '(loadRunWeights; --init takes the folder)';

/**
 * Finds where an interrupted run stands: at its newest checkpoint that can be trusted.
 *
 * @param fence of a coordinator that leads by an election: who led before has the folder no longer
 * @returns the run, and the newer checkpoints that were refused, each with the reason
 * @throws ConfigError, DataError or ShapeError if there is no run in the folder, or the data is not what it began with
 * @throws CheckpointError if there are checkpoints and none can be trusted
 * @throws LockstepError (code `in-use`) if another process works in the folder
 */
export async function prepareResume(
  options: OldRunOptions,
  fence?: number,
): Promise<{ prepared: PreparedRun; refused: readonly RefusedCheckpoint[] }> {
  checkCommon('resume', options);
  const { record, folder, data, backend } = await readBegun('resume', options, OTHER_ARITHMETIC);
  await checkUnclaimed(folder.path, fence);
  const found = await folder.checkpointPaths();
  const distrust = await contradictionsOf(record, folder);
  const latest = await folder.checkpoints.latest(distrust);
  if (!latest) throw new ConfigError(`resume: the run in ${folder.path} has no checkpoint`);
  const snapshot = fromCheckpoint(latest.checkpoint);
  await checkBest(folder, record.config, snapshot, distrust);
  const prepared = {
    name: record.run,
    config: record.config,
    backend,
    metrics: reportedMetrics(
      'resume',
      record.config.graph,
      chooseMetrics('resume', options.metrics),
    ),
    data,
    datasetSha256: record.dataset.sha256,
    step: snapshot.step,
    state: snapshot.state,
    folder,
    isNew: false,
    ...{ found, fence },
    origin: record.origin,
    warnings: [
      ...lossWarnings(record.config.graph),
      ...shardWarnings(record.config, data.train.samples),
    ],
    checkpointEvery: options.checkpointEvery,
    judgement: snapshot.judgement,
    watch: options,
  };
  return { prepared, refused: latest.refused };
}

type Distrust = (checkpoint: Checkpoint) => Promise<string | undefined>;

/**
 * What of a checkpoint contradicts what its run recorded of its step.
 *
 * @returns throws ConfigError for one of another run: all others will be, too
 */
async function contradictionsOf(record: RunRecord, folder: RunFolder): Promise<Distrust> {
  const records = await readStepRecords(folder.path, record);
  const layout = stateLayoutOf(record.config);
  return async (checkpoint: Checkpoint): Promise<string | undefined> => {
    const snapshot = fromCheckpoint(checkpoint);
    if (!isOfRun(record, snapshot)) {
      throw new ConfigError(
        `resume: checkpoint ${checkpoint.path} belongs to another run than run.json`,
      );
    }
    return new StateHashes(layout, snapshot.step, snapshot.state).contradiction(records);
  };
}

/**
 * A run that keeps its best epoch needs that epoch's checkpoint, too.
 *
 * @throws ConfigError if it is gone or damaged
 */
async function checkBest(
  folder: RunFolder,
  config: RunConfig,
  snapshot: Snapshot,
  distrust: Distrust,
): Promise<void> {
  const { best } = snapshot.judgement;
  if (config.stopping?.keep !== 'best' || !best) return;
  folder.checkpoints.spare(best.step);
  if (best.step === snapshot.step) return;
  try {
    const reason = await distrust(await folder.checkpoints.at(best.step));
    if (reason !== undefined) throw new CheckpointError(reason);
  } catch (cause) {
    throw new ConfigError(
      `resume: the run in ${folder.path} keeps its best epoch, ${best.epoch}, whose checkpoint cannot be used: ${(cause as Error).message}. Restore it, or start a new run from the newest checkpoint's weights`,
      { cause },
    );
  }
}

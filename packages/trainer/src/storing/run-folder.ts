// A run's folder: run.json (what the run is), metrics.jsonl (what happened), checkpoints/ and, at the end,
// weights.safetensors. Thin: it writes and reads, and decides nothing.
import { open, readFile, rm, stat, truncate } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  ConfigError,
  type DatasetTraits,
  type Graph,
  type Parameters,
  type TrainedModel,
  weightsHash,
} from '@lockstep/core';
import {
  modelChunks,
  networkValues,
  type RunConfig,
  type RunState,
  readTraits,
  recordTraits,
  valuesOf,
} from '@lockstep/core/internal';
import { makeFolder } from '@lockstep/data';
import { inPlace, LockstepError } from '@lockstep/errors';
import { CheckpointStore } from './checkpoint-store.js';
import { writeDurably } from './durable-file.js';
import { FolderClaim } from './folder-claim.js';
import { jsonLine } from './json-line.js';
import { readLimited } from './read-limited.js';
import { validateRunConfig } from './run-config.js';
import { fromCheckpoint, type Snapshot } from './snapshot.js';
import { readWeights } from './weights-file.js';

const FORMAT = 'lockstep-run/1';
/** What a run leaves at its end. */
export const WEIGHTS = 'weights.safetensors';
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** What run.json holds. */
export interface RunRecord {
  readonly format: typeof FORMAT;
  readonly run: string;
  /** ISO 8601. */
  readonly created: string;
  readonly config: RunConfig;
  readonly dataset: {
    readonly name: string;
    /** Samples. */
    readonly train: number;
    /** 0 where there is no test data. */
    readonly test: number;
    readonly sha256: string;
    /** Of the training data. Runs of before this was kept have none. */
    readonly traits?: DatasetTraits | undefined;
  };
  /** Name and version of the numbers that it is computed with; runs of before this was kept have none. */
  readonly arithmetic: string | undefined;
  /** SHA-256 of the kernels it began with, for information. */
  readonly engine: string;
  /** What the caller needs to find the same data again. */
  readonly origin: unknown;
}

/** A run's folder. */
export class RunFolder {
  readonly path: string;
  readonly checkpoints: CheckpointStore;
  readonly #metrics: string;
  #mended: Promise<void> | undefined;
  #claim: FolderClaim | undefined;

  constructor(path: string) {
    this.path = resolve(path);
    this.checkpoints = new CheckpointStore(join(this.path, 'checkpoints'));
    this.#metrics = join(this.path, 'metrics.jsonl');
  }

  /**
   * Takes the folder for this process, until `release`: for a new run, or for one that goes on from what was found.
   *
   * @param found the checkpoints that a run goes on from; undefined for a new one
   * @param fence of one that leads by an election: who led before has the folder no longer
   * @throws LockstepError (code `in-use`) if another process works in it, or did since it was looked at; ConfigError if it
   *   cannot be written, or a new run cannot have it
   */
  async claim(found?: readonly string[], fence?: number): Promise<void> {
    // A new run's folder is not even made if it cannot be had.
    if (!found) await this.checkFree();
    this.#claim = await FolderClaim.take(this.path, { fence });
    try {
      await (found ? this.#checkUnchanged(found) : this.checkFree());
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async release(): Promise<void> {
    await this.#claim?.release();
    this.#claim = undefined;
  }

  /** Of all checkpoints, newest first. */
  async checkpointPaths(): Promise<string[]> {
    return (await this.checkpoints.list()).map(({ path }) => path);
  }

  /**
   * What the checkpoint of a step holds.
   *
   * @throws CheckpointError if it is not there, or cannot be trusted
   */
  async stateAt(step: number): Promise<RunState> {
    return fromCheckpoint(await this.checkpoints.at(step)).state;
  }

  async #checkUnchanged(found: readonly string[]): Promise<void> {
    if (found.join('\n') === (await this.checkpointPaths()).join('\n')) return;
    throw new LockstepError(
      'in-use',
      `resume: another process has gone on with the run in ${this.path} meanwhile; resume it once more`,
    );
  }

  /**
   * Checks that a new run can have the folder; writes nothing. A first checkpoint without a run.json is
   * what a crash at the very beginning leaves, and does not matter.
   *
   * @throws ConfigError if the folder holds a run already, or events of something else
   */
  async checkFree(): Promise<void> {
    const steps = (await this.checkpoints.list()).map(({ step }) => step);
    if ((await exists(join(this.path, 'run.json'))) || steps.some((step) => step > 0)) {
      throw new ConfigError(
        `run: ${this.path} holds a run already; resume it, or choose another folder`,
      );
    }
    if (await exists(this.#metrics)) {
      throw new ConfigError(
        `run: ${this.path} holds ${basename(this.#metrics)} and no run; choose another folder`,
      );
    }
  }

  async create(record: Omit<RunRecord, 'format'>): Promise<void> {
    const file = join(this.path, 'run.json');
    await makeFolder(this.path);
    const { traits, ...dataset } = record.dataset;
    const kept = {
      format: FORMAT,
      ...record,
      dataset: { ...dataset, ...(traits && recordTraits(traits)) },
    };
    const json = `${JSON.stringify(kept, null, 2)}\n`;
    await written(file, writeDurably(file, [new TextEncoder().encode(json)]));
  }

  /**
   * Appends an event to the metrics. Of a last line that a crash has torn, nothing is kept.
   *
   * @param isEnd whether it says how the run ended: then it survives a power cut, with all before it
   */
  async log(event: object, isEnd = false): Promise<void> {
    await this.#claim?.check();
    this.#mended ??= dropTornLine(this.#metrics);
    await this.#mended;
    try {
      await written(this.#metrics, appendLine(this.#metrics, jsonLine(event), isEnd));
    } catch (error) {
      // A full disk may have taken half of it.
      this.#mended = undefined;
      throw error;
    }
  }

  /** Of a run that goes on after it had ended: its newest checkpoint says more. */
  async dropWeights(): Promise<void> {
    await this.#claim?.check();
    await rm(join(this.path, 'weights.safetensors'), { force: true });
  }

  /** What the run has learnt, as a model's file: it is all that is needed to ask it, wherever the file goes. */
  async writeWeights(trained: TrainedModel): Promise<void> {
    await this.#claim?.check();
    const file = join(this.path, WEIGHTS);
    await written(file, writeDurably(file, modelChunks(trained)));
  }
}

/**
 * Reads what a run is from its folder.
 *
 * @throws ConfigError if there is no run or run.json is damaged
 */
export async function readRun(out: string): Promise<RunRecord> {
  const file = join(resolve(out), 'run.json');
  const fault = await faultOf(file);
  if (fault !== undefined) {
    // ENOTDIR: `out` is a file.
    const isMissing = fault.code === 'ENOENT' || fault.code === 'ENOTDIR';
    throw new ConfigError(
      isMissing
        ? `run: ${resolve(out)} holds no run (no run.json)`
        : `run: ${resolve(out)} cannot be read: ${fault.message}`,
      { cause: fault },
    );
  }
  const bytes = await readLimited(file, MAX_JSON_BYTES, 'run');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ConfigError(`run: ${file} is not valid JSON`, { cause });
  }
  return readRecord(json, `run: ${file}`);
}

/**
 * What run.json says.
 *
 * @param what it is, for errors
 * @throws ConfigError if it is no such record, or a part of it is damaged
 */
export function readRecord(json: unknown, what: string): RunRecord {
  const record = Object(json) as Partial<RunRecord>;
  if (record.format !== FORMAT || typeof record.run !== 'string' || !isDataset(record.dataset)) {
    throw new ConfigError(`${what} is not a ${FORMAT} record`);
  }
  const { name, train, test, sha256 } = record.dataset;
  return {
    ...(record as RunRecord),
    config: validateRunConfig(record.config, what),
    dataset: { name, train, test, sha256, traits: readTraits(record.dataset, what) },
  };
}

function isDataset(value: unknown): value is RunRecord['dataset'] {
  const dataset = value as Partial<RunRecord['dataset']> | null | undefined;
  return typeof dataset?.name === 'string' && typeof dataset.sha256 === 'string';
}

/** Whether a checkpoint is of the run that a record tells of. */
export function isOfRun(record: RunRecord, snapshot: Snapshot): boolean {
  return (
    JSON.stringify(snapshot.config) === JSON.stringify(record.config) &&
    snapshot.datasetSha256 === record.dataset.sha256 &&
    snapshot.arithmetic === record.arithmetic
  );
}

/**
 * A run's network and its weights: the final ones, or those of the newest checkpoint.
 *
 * @throws ConfigError or CheckpointError if the folder holds no run or no weights
 */
export async function loadRunWeights(out: string): Promise<{
  graph: Graph;
  /** With the network's buffers. */
  parameters: Parameters;
  weightsHash: string;
  origin: unknown;
  trainedOn: DatasetTraits | undefined;
}> {
  const { config, origin, dataset } = await readRun(out);
  const folder = new RunFolder(out);
  const file = join(folder.path, WEIGHTS);
  const { graph } = config;
  const parameters = (await exists(file))
    ? await readWeights(file)
    : valuesOf((await newestCheckpoint(out)).state);
  const values = inPlace(`run ${folder.path}`, () => networkValues(graph, parameters));
  return {
    ...{ graph, parameters, origin, trainedOn: dataset.traits },
    weightsHash: await weightsHash(values.parameters),
  };
}

/**
 * The newest checkpoint of a run's folder that can be trusted.
 *
 * @throws ConfigError if there is none yet; CheckpointError if none can be trusted
 */
export async function newestCheckpoint(out: string): Promise<Snapshot> {
  const { path, checkpoints } = new RunFolder(out);
  const latest = await checkpoints.latest();
  if (!latest) throw new ConfigError(`run: ${path} holds no weights and no checkpoint yet`);
  return fromCheckpoint(latest.checkpoint);
}

/** A full disk does not say which file it was. */
async function written(path: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new LockstepError('output', `run: cannot write ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function appendLine(path: string, line: string, isFlushed: boolean): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(line);
    if (isFlushed) await file.sync();
  } finally {
    await file.close();
  }
}

async function dropTornLine(path: string): Promise<void> {
  if (!(await exists(path))) return;
  const bytes = await readFile(path);
  const length = bytes.lastIndexOf('\n') + 1;
  if (length < bytes.byteLength) await truncate(path, length);
}

async function exists(path: string): Promise<boolean> {
  return (await faultOf(path)) === undefined;
}

/** Why there is nothing to be seen at a path; undefined if there is. */
async function faultOf(path: string): Promise<NodeJS.ErrnoException | undefined> {
  return stat(path).then(
    () => undefined,
    (fault: NodeJS.ErrnoException) => fault,
  );
}

// A run that is computed again from what its folder holds, and compared with what was recorded of it on the way.
// Invariant: the folder is only read, never claimed, and may belong to a run that goes on. A step has one state, whoever took
// it the first time: threads, a cluster, a cluster that had to redo it.
import { ConfigError, traitsOf } from '@lockstep/core';
import { type RunState, UNJUDGED } from '@lockstep/core/internal';
import {
  checkOptions,
  type OptionNames,
  requireCallback,
  requireInteger,
  requireSignal,
} from '@lockstep/errors';
import { type BegunOptions, type BegunRun, readBegun } from '../running/begun-run.js';
import { type Ending, endingOf } from '../running/ending.js';
import { BACKEND_OPTIONS } from '../running/run-backend.js';
import { StateHashes } from '../running/state-hashes.js';
import {
  byStep,
  type HashedPart,
  isHashed,
  type StepRecord,
  stepRecordsOf,
  uniqueRecords,
} from '../running/step-records.js';
import { THREAD_COUNT, type ThreadCount, threadCount } from '../running/thread-count.js';
import { encodeCheckpoint } from '../storing/checkpoint-file.js';
import type { RefusedCheckpoint } from '../storing/checkpoint-store.js';
import type { RunRecord } from '../storing/run-folder.js';
import { toCheckpoint } from '../storing/snapshot.js';
import { type TensorDifference, tensorDifferences } from '../storing/tensor-differences.js';
import { writeNamedFile } from '../storing/written-file.js';
import {
  allTensors,
  type Comparison,
  compareRecord,
  compareSaved,
  compareUnread,
  IN_CHECKPOINT,
} from './comparison.js';
import { compareGiven, readGivenWeights, stepOfGiven } from './given-weights.js';
import { metricsOf, readLogged, type UnreadRecord } from './metrics-faults.js';
import { Recomputation } from './recomputation.js';
import { type SavedState, SavedStates } from './saved-states.js';
import { type GivenParameters, type Start, Starts } from './starts.js';

/** What `openReplay` takes. */
export interface ReplayOptions extends BegunOptions, ThreadCount {
  /** What the run began with, where that is not drawn from its seed; asked for where no checkpoint is old enough. */
  readonly parameters?: GivenParameters | undefined;
  /** What is recorded of its steps elsewhere than in its metrics and checkpoints, as in a cluster's journal. */
  readonly records?: readonly StepRecord[] | undefined;
  /** Ends the computing after the step it is at. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionNames<ReplayOptions> = {
  ...{ out: true, data: true, validation: true, parameters: true, records: true, signal: true },
  ...THREAD_COUNT,
  ...BACKEND_OPTIONS,
};

export interface ReplayedSteps {
  /** From 1: the state is what the run holds when it has taken so many steps. */
  readonly step: number;
  /** Begin no later than here, and compare all steps from there on. Default: the step before. */
  readonly from?: number | undefined;
}

/** What a replay came to. */
export interface Replayed {
  readonly step: number;
  /** The step that it began at. */
  readonly from: number;
  /** The checkpoint that it began from; null for what the run itself began with. */
  readonly path: string | null;
  /** Of the state at `step`. */
  readonly weightsHash: string;
  readonly digest: string;
  /** With all that was recorded of the steps after `from`, up to `step`; none if nothing was. */
  readonly compared: readonly Comparison[];
  /** Checkpoints that could not be used. */
  readonly refused: readonly RefusedCheckpoint[];
  /** How the run ended; null where nothing is on record: it goes on, or was killed. */
  readonly ending: Ending | null;
}

/**
 * A run to be computed again on this machine's cores. Nothing is computed yet; `close` ends its threads.
 *
 * @throws ConfigError, DataError or ShapeError if there is no run in the folder, or the data is not what it began with
 * @throws LockstepError (code `engine`) if the run began with another arithmetic
 */
export async function openReplay(options: ReplayOptions): Promise<RunReplay> {
  checkOptions('replay', options, OPTIONS);
  const threads = threadCount('replay', options);
  requireSignal('replay', options.signal);
  requireCallback('replay', 'parameters', options.parameters);
  const begun = await readBegun(
    'replay',
    options,
    'Replay it with the version and backend it began with',
  );
  return new RunReplay(begun, { ...options, threads });
}

/** A run that has been recorded, to be computed again. */
export class RunReplay {
  readonly record: RunRecord;
  readonly #begun: BegunRun;
  readonly #records: readonly StepRecord[];
  readonly #saved: SavedStates;
  readonly #starts: Starts;
  readonly #computing: Recomputation;
  /** Whether the present state is one that the folder leads to; else checkpoints after its start were passed by. */
  #isOnTrack = false;
  /** A state that `at` can come back to. */
  #kept: { readonly step: number; readonly bytes: Uint8Array } | undefined;

  /** Use `openReplay`. */
  constructor(begun: BegunRun, options: ReplayOptions) {
    const { record, folder, data, backend } = begun;
    const { threads, signal, parameters, records = [] } = options;
    this.record = record;
    this.#begun = begun;
    this.#records = records;
    this.#computing = new Recomputation({
      ...{ config: record.config, backend, train: data.train, threads, signal },
    });
    this.#saved = new SavedStates(folder, record);
    this.#starts = new Starts({
      ...{ out: folder.path, record, saved: this.#saved, parameters },
      layout: this.#computing.plan.state,
    });
  }

  /** Of the whole run, whether it has taken them or not. */
  get steps(): number {
    return this.#computing.plan.steps;
  }

  /** Threads that compute. */
  get threads(): number {
    return this.#computing.threads;
  }

  /** Where the computing stands; undefined before it has begun. */
  get step(): number | undefined {
    return this.#computing.step;
  }

  /** Checkpoints that could not be used. */
  get refused(): readonly RefusedCheckpoint[] {
    return this.#saved.refused;
  }

  /**
   * Computes a step from the newest state before it that can be trusted, and compares it with what was recorded, and so all
   * steps on the way. What comes after a step that differs is compared with what follows from the computed one.
   *
   * @throws ConfigError if there is no such step, or no state before it that can be had
   * @throws NonFiniteError as the run did, if a loss, gradient or parameter is not finite; the signal's reason if it is aborted
   */
  async replay({ step, from = step - 1 }: ReplayedSteps): Promise<Replayed> {
    if (this.steps === 0) {
      throw new ConfigError(`replay: the run in ${this.#begun.folder.path} has no steps`);
    }
    requireInteger('replay', 'step', step, 1, this.steps);
    requireInteger('replay', 'from', from, 0, step - 1);
    const records = await this.records();
    const ending = await this.ending();
    const given = stepOfGiven(this.record, ending);
    const start = await this.#begin(from, records);
    const saved = await this.#saved.list();
    const logged = await readLogged(this.#begun.folder.path);
    // What cannot be read of steps that nobody asked for says nothing.
    const unread = metricsOf(logged, this.record).unread.filter((one) => one.step > from);
    const stops = [...records, ...saved, ...unread].map((one) => one.step);
    const ofSteps = byStep(records);
    const compared: Comparison[] = [];
    for (const stop of [...new Set([...stops, given ?? step, step])].sort((a, b) => a - b)) {
      if (stop <= start.step || stop > step) continue;
      await this.#computing.to(stop);
      compared.push(...(await this.#compare(ofSteps.get(stop) ?? [], saved, stop > from)));
      compared.push(...(await this.#compareUnread(unread)));
      if (stop === given) compared.push(...(await this.#compareGiven()));
    }
    const hashes = this.#hashes();
    return {
      ...{ step, from: start.step, path: start.path, compared, refused: this.refused },
      ...{ weightsHash: await hashes.of('weights'), digest: await hashes.of('state') },
      ending: ending ?? null,
    };
  }

  /** What is recorded of the run's steps, but for its checkpoints, as of now. */
  async records(): Promise<StepRecord[]> {
    const { events } = await readLogged(this.#begun.folder.path);
    const records = [...stepRecordsOf(events, this.record), ...this.#records];
    return uniqueRecords(records.filter(isHashed));
  }

  /** How the run ended, as of now; undefined where nothing is on record. */
  async ending(): Promise<Ending | undefined> {
    return endingOf((await readLogged(this.#begun.folder.path)).events);
  }

  /**
   * Brings the run to a step as its folder has it: the checkpoint of that step, or what follows from the newest one before.
   *
   * @throws as `replay`
   */
  async at(step: number): Promise<void> {
    requireInteger('replay', 'step', step, 0, this.steps);
    const computing = this.#computing;
    const present = this.#isOnTrack && computing.step! <= step ? computing.step! : -1;
    const kept = this.#kept && this.#kept.step <= step ? this.#kept.step : -1;
    const held = Math.max(present, kept);
    const start = await this.#starts.nearest(step, await this.records(), held);
    if (start) computing.begin(start.step, start.state);
    else if (present < kept) computing.beginFlat(kept, this.#kept!.bytes);
    this.#isOnTrack = true;
    await computing.to(step);
  }

  /** Keeps the present state, and lets go of the one that was kept before. */
  keep(): void {
    this.#kept = { step: this.#computing.step!, bytes: this.#computing.flat() };
  }

  /** Computes from the kept state up to a step, whatever checkpoints lie between. */
  async follow(step: number): Promise<void> {
    const { step: begin, bytes } = this.#kept!;
    this.#isOnTrack = false;
    this.#computing.beginFlat(begin, bytes);
    await this.#computing.to(step);
  }

  /** A copy of the present state. */
  state(): RunState {
    return this.#computing.state();
  }

  /** Of the present state. */
  hash(what: HashedPart): Promise<string> {
    return this.#hashes().of(what);
  }

  /** How the checkpoint of the present step differs from the present state, to the left; undefined if none can be read. */
  async savedDifferences(): Promise<TensorDifference[] | undefined> {
    const there = (await this.#saved.list()).find(({ step }) => step === this.#computing.step);
    const snapshot = there && (await this.#saved.read(there));
    if (typeof snapshot !== 'object') return undefined;
    return tensorDifferences(allTensors(snapshot.state), allTensors(this.state()));
  }

  /**
   * Writes the present state as a checkpoint, in place of what was there.
   *
   * @throws LockstepError (code `output`) if it cannot be written
   */
  async write(path: string): Promise<void> {
    const { record, data, backend } = this.#begun;
    const metadata = {
      ...{ run: record.run, config: record.config, datasetSha256: record.dataset.sha256 },
      ...{ trainedOn: traitsOf(data.train), arithmetic: backend.arithmetic, engine: backend.hash },
      judgement: UNJUDGED,
    };
    const checkpoint = toCheckpoint(metadata, this.#computing.step!, this.state());
    await writeNamedFile('replay', path, await encodeCheckpoint(checkpoint));
  }

  async close(): Promise<void> {
    await this.#computing.close();
  }

  async #begin(limit: number, records: readonly StepRecord[]): Promise<Start> {
    const start = (await this.#starts.nearest(limit, records))!;
    this.#isOnTrack = false;
    this.#computing.begin(start.step, start.state);
    return start;
  }

  /**
   * @param records of the present step
   * @param isAsked whether the step is one that was asked for: what cannot be read of it is not as it was recorded then, and
   * else but no start
   */
  async #compare(
    records: readonly StepRecord[],
    saved: readonly SavedState[],
    isAsked: boolean,
  ): Promise<Comparison[]> {
    const hashes = this.#hashes();
    const compared: Comparison[] = [];
    for (const record of records) {
      if (isHashed(record)) compared.push(await compareRecord(record, hashes));
    }
    const there = saved.find(({ step }) => step === hashes.step);
    const snapshot = there && (await this.#saved.read(there));
    if (typeof snapshot === 'object') {
      const own = new StateHashes(this.#computing.plan.state, snapshot.step, snapshot.state);
      compared.push(await compareSaved(own, hashes));
    } else if (snapshot !== undefined && isAsked) {
      compared.push(await compareUnread('state', IN_CHECKPOINT, snapshot, hashes));
    }
    return compared;
  }

  /** With what should be recorded of the present step. */
  async #compareUnread(unread: readonly UnreadRecord[]): Promise<Comparison[]> {
    const hashes = this.#hashes();
    const compared: Comparison[] = [];
    for (const { step, what, place, fault } of unread) {
      if (step === hashes.step) compared.push(await compareUnread(what, place, fault, hashes));
    }
    return compared;
  }

  /** The present step is the one that the run's weights are of. */
  async #compareGiven(): Promise<Comparison[]> {
    const given = await readGivenWeights(this.#begun.folder.path, this.record);
    return given === undefined ? [] : [await compareGiven(this.record, given, this.#hashes())];
  }

  #hashes(): StateHashes {
    return new StateHashes(this.#computing.plan.state, this.#computing.step!, this.state());
  }
}

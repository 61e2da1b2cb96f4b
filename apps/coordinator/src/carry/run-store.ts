// What of a run outlives its coordinator: the journal and the run's folder. It turns states in the flat form, which
// travels, into checkpoints, which anyone can read, and back. A run without a folder keeps its last state in memory.
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, LockstepError } from '@lockstep/core';
import {
  decodeFlatState,
  encodeFlatState,
  type Judgement,
  type RunPlan,
  type RunState,
} from '@lockstep/core/internal';
import { type ClusterEvent, type Judging, type PreparedRun, saveState } from '@lockstep/trainer';
import type { HeldState } from '@lockstep/wire';
import type { Durable, EvaluatedStep, JournalRecord } from '../decide/membership/state/durable.js';
import { Journal } from './journal.js';

/** What the shell adds to membership's records. */
export type StoreRecord =
  | JournalRecord
  | { readonly type: 'run'; readonly run: string }
  /** Before a coordinator speaks to anybody. */
  | { readonly type: 'incarnation'; readonly incarnation: number };

interface SavedState extends HeldState {
  readonly bytes: Uint8Array;
}

export class RunStore {
  /** 32 hexadecimal digits. */
  readonly run: string;
  readonly incarnation: number;
  readonly durable: Durable;
  readonly #prepared: PreparedRun;
  readonly #plan: RunPlan;
  readonly #journal: Journal<StoreRecord> | undefined;
  /** All that the journal knows of, in the order of their steps. */
  readonly #evaluations: readonly EvaluatedStep[];
  #saved: SavedState;
  /** In a run without a folder that gives the best epoch. */
  #best: SavedState | undefined;

  private constructor(
    prepared: PreparedRun,
    plan: RunPlan,
    journal: Journal<StoreRecord> | undefined,
    records: readonly StoreRecord[],
    run: string,
    saved: SavedState,
    judging: Judging,
  ) {
    this.#prepared = prepared;
    this.#plan = plan;
    this.#journal = journal;
    this.run = run;
    this.incarnation = Math.max(1 + newestIncarnation(records), prepared.fence ?? 0);
    this.#saved = saved;
    const generation = records.findLast((record) => record.type === 'generation');
    const { step, digest } = saved;
    this.#evaluations = records.filter((record) => record.type === 'evaluated');
    // Threads may have gone on with it meanwhile, of which the checkpoint knows.
    let { judgement } = prepared;
    for (const one of this.#evaluations) judgement = judging.judge(judgement, one);
    this.durable = {
      generation: generation?.generation ?? 0,
      members: generation?.members ?? [],
      saved: { step, digest },
      evaluated: this.#evaluations.at(-1) ?? null,
      judgement,
      best: this.#evaluations.find((one) => one.step === judgement.best?.step) ?? null,
    };
  }

  /** @throws JournalError or ConfigError if the journal is damaged, or is not of this run */
  static async open(prepared: PreparedRun, plan: RunPlan, judging: Judging): Promise<RunStore> {
    const { folder, step, state } = prepared;
    const bytes = encodeFlatState(plan.state, step, state);
    const saved = { step, digest: createHash('sha256').update(bytes).digest('hex'), bytes };
    const opened = folder && (await Journal.open<StoreRecord>(join(folder.path, 'journal')));
    const records = opened?.records ?? [];
    // The last one: a run that moved to another folder is another one to workers of before.
    const begun = records.findLast((record) => record.type === 'run');
    if (step > 0 && !begun) {
      await opened?.journal.close();
      // Opening has made it. One with records that tell no run is evidence, and stays.
      if (folder && records.length === 0) await rm(join(folder.path, 'journal'), { force: true });
      throw new ConfigError(
        `resume: ${folder?.path} has no journal of a coordinator: it was trained by "train", or the journal is lost; go on with "train --resume"`,
      );
    }
    checkDigest(records, saved);
    const run = begun?.run ?? randomBytes(16).toString('hex');
    if (!begun) await opened?.journal.append({ type: 'run', run });
    const store = new RunStore(prepared, plan, opened?.journal, records, run, saved, judging);
    await opened?.journal.append({ type: 'incarnation', incarnation: store.incarnation });
    return store;
  }

  /** The last saved state. The bytes do not change. */
  get saved(): SavedState {
    return this.#saved;
  }

  /** For how long the disk has not answered the journal; 0 where nothing was asked of it. */
  get journalWaitMs(): number {
    return this.#journal?.waitMs ?? 0;
  }

  journal(record: JournalRecord): Promise<void> {
    return this.#journal?.append(record) ?? Promise.resolve();
  }

  /**
   * @param judgement of the epochs before it
   * @param isKept whether it is the best epoch's, in a run that gives that
   * @returns the checkpoint's path when it is on the disk; null without a folder
   */
  async save(
    held: HeldState,
    bytes: Uint8Array,
    judgement: Judgement,
    isKept: boolean,
  ): Promise<string | null> {
    const path = await saveState(
      this.#prepared,
      held.step,
      decodeFlatState(this.#plan.state, bytes),
      judgement,
    );
    this.#saved = { ...held, bytes };
    if (isKept && path === null) this.#best = this.#saved;
    return path;
  }

  /** The last saved state. */
  state(): RunState {
    return decodeFlatState(this.#plan.state, this.#saved.bytes);
  }

  /** The state of an epoch that was the best, which was saved. */
  bestState(step: number): Promise<RunState> | RunState {
    if (this.#saved.step === step) return this.state();
    const { folder } = this.#prepared;
    return folder ? folder.stateAt(step) : decodeFlatState(this.#plan.state, this.#best!.bytes);
  }

  /** Steps of the epoch ends that metrics.jsonl has, whoever trained them. */
  async toldEpochEnds(): Promise<ReadonlySet<number>> {
    const { folder } = this.#prepared;
    if (!folder) return new Set();
    const text = await readFile(join(folder.path, 'metrics.jsonl'), 'utf8').catch(() => '');
    const told = new Set<number>();
    for (const line of text.split('\n')) {
      // A crash may have torn the last line.
      const event = parseEvent(line);
      if (event?.event === 'epoch-end') told.add(event.step);
    }
    return told;
  }

  /** Epoch ends that the journal knows the results of, and that were not told: a crash came in between. */
  epochEndsBesides(told: ReadonlySet<number>): EvaluatedStep[] {
    if (!this.#prepared.folder) return [];
    const isEpochEnd = (step: number): boolean => step > 0 && step % this.#plan.stepsPerEpoch === 0;
    return this.#evaluations.filter(({ step }) => isEpochEnd(step) && !told.has(step));
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }
}

/** A fence may have made it jump. */
function newestIncarnation(records: readonly StoreRecord[]): number {
  return records.findLast((record) => record.type === 'incarnation')?.incarnation ?? 0;
}

function parseEvent(line: string): ClusterEvent | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @throws LockstepError if the checkpoint is not the state that the journal knows under its step */
function checkDigest(records: readonly StoreRecord[], { step, digest }: HeldState): void {
  const known = records.findLast((record) => record.type === 'checkpoint' && record.step === step);
  if (known?.type !== 'checkpoint' || known.digest === digest) return;
  throw new LockstepError(
    'divergence',
    `resume: the checkpoint of step ${step} has digest ${digest}, the journal says ${known.digest}`,
  );
}

// The checkpoints of a run that is looked at while it may go on: those that can be trusted, and are this run's.
// Invariant: what cannot be used is passed over and kept with the reason. One that the run has removed meanwhile is as if it had
// never been there.
import { stat } from 'node:fs/promises';
import { LockstepError } from '@lockstep/errors';
import type { RefusedCheckpoint } from '../storing/checkpoint-store.js';
import { isOfRun, type RunFolder, type RunRecord } from '../storing/run-folder.js';
import { fromCheckpoint, type Snapshot } from '../storing/snapshot.js';

/** A checkpoint by its file's name. */
export interface SavedState {
  readonly step: number;
  readonly path: string;
}

export class SavedStates {
  readonly #folder: RunFolder;
  readonly #record: RunRecord;
  readonly #refused = new Map<string, string>();

  constructor(folder: RunFolder, record: RunRecord) {
    this.#folder = folder;
    this.#record = record;
  }

  /** Those that were passed over. */
  get refused(): RefusedCheckpoint[] {
    return [...this.#refused].map(([path, reason]) => ({ path, reason }));
  }

  /** Those that were not passed over yet, newest first; nothing is read. */
  async list(): Promise<SavedState[]> {
    const there = await this.#folder.checkpoints.list();
    return there.filter(({ path }) => !this.#refused.has(path));
  }

  /** @returns what it holds; undefined if that cannot be used, or is there no longer */
  async read({ path }: SavedState): Promise<Snapshot | undefined> {
    try {
      const snapshot = fromCheckpoint(await this.#folder.checkpoints.load(path));
      if (isOfRun(this.#record, snapshot)) return snapshot;
      this.refuse(path, `checkpoint ${path}: it belongs to another run than run.json`);
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      if (await isThere(path)) this.refuse(path, error.message);
    }
    return undefined;
  }

  refuse(path: string, reason: string): void {
    this.#refused.set(path, reason);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

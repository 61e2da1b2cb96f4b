// The checkpoints of a run that is looked at while it may go on: those that can be read, and are this run's.
// Invariant: what cannot be used is kept with the reason. One that the run has removed meanwhile is as if it had never been
// there.
import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { DatasetTraits } from '@lockstep/core';
import { LockstepError } from '@lockstep/errors';
import type { RefusedCheckpoint } from '../storing/checkpoint-store.js';
import { isOfRun, type RunFolder, type RunRecord } from '../storing/run-folder.js';
import { fromCheckpoint, type Snapshot } from '../storing/snapshot.js';
import { settingDifferences } from './setting-differences.js';

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

  /** Those that are no start for anything. */
  get refused(): RefusedCheckpoint[] {
    return [...this.#refused].map(([path, reason]) => ({ path, reason }));
  }

  /** Newest first; nothing is read. */
  list(): Promise<SavedState[]> {
    return this.#folder.checkpoints.list();
  }

  isRefused({ path }: SavedState): boolean {
    return this.#refused.has(path);
  }

  /** @returns what it holds, or in words why that cannot be used; undefined if it is there no longer */
  async read({ path }: SavedState): Promise<Snapshot | string | undefined> {
    try {
      const snapshot = fromCheckpoint(await this.#folder.checkpoints.load(path));
      const fault = isOfRun(this.#record, snapshot)
        ? otherTraits(this.#record, snapshot.trainedOn)
        : otherRun(this.#record, snapshot);
      return fault === undefined ? snapshot : this.refuse(path, `checkpoint ${path}: ${fault}`);
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      return (await isThere(path)) ? this.refuse(path, error.message) : undefined;
    }
  }

  /** @returns the reason */
  refuse(path: string, reason: string): string {
    this.#refused.set(path, reason);
    return reason;
  }
}

/** Of the training data, as a file of the run says it, beside run.json; in words if they differ. */
export function otherTraits(
  { dataset: { traits } }: RunRecord,
  own: DatasetTraits | undefined,
): string | undefined {
  if (!own || !traits || isDeepStrictEqual(own, traits)) return undefined;
  return 'what it says of the training data (shapes, scale, names) is not what run.json says';
}

const SHOWN = 3;

function otherRun(record: RunRecord, { config, datasetSha256, arithmetic }: Snapshot): string {
  const dataset = { ...record.dataset, sha256: datasetSha256 };
  const settings = settingDifferences({ ...record, config, dataset, arithmetic }, record);
  const words = settings
    .slice(0, SHOWN)
    .map(({ name, left, right }) => `${name} ${left} / ${right}`);
  const which = words.length === 0 ? '' : ` (its own / run.json's: ${words.join(', ')})`;
  return `it belongs to another run than run.json${which}`;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

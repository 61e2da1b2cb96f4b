// The checkpoints of one run: a folder of `step-000000900.safetensors` files, the newest few kept.
// Invariant: the checkpoints before a new one stay until it is on the disk. One process writes to a folder at a time.
// What is in a file is not known here.

import { readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '@lockstep/core';
import { makeFolder } from '@lockstep/data';
import {
  type Checkpoint,
  CheckpointError,
  type CheckpointState,
  encodeCheckpoint,
  fileName,
  loadCheckpoint,
  looksWhole,
  stepOf,
} from './checkpoint-file.js';
import { type FileOperations, syncFolder, temporaryOf, writeDurably } from './durable-file.js';

/** A file that could not be used, and why. */
export interface RefusedCheckpoint {
  path: string;
  reason: string;
}

/** The settings of a {@link CheckpointStore}. */
export interface CheckpointStoreOptions {
  /** How many checkpoints stay after a save, at least 1. Default 2. */
  keep?: number;
  /** For tests: the file system that new checkpoints are written with. */
  files?: FileOperations;
}

/** The checkpoints in a folder. */
export class CheckpointStore {
  readonly #folder: string;
  readonly #keep: number;
  readonly #files: FileOperations | undefined;
  #lastSave: Promise<unknown> = Promise.resolve();
  /** Steps whose checkpoints stay, however many newer ones there are. */
  #spared: readonly number[] = [];

  /** @throws ConfigError if `keep` is not a whole number of at least 1 */
  constructor(folder: string, { keep = 2, files }: CheckpointStoreOptions = {}) {
    if (!Number.isSafeInteger(keep) || keep < 1) {
      throw new ConfigError(
        `checkpoint store: keep must be a whole number of at least 1, got ${keep}`,
      );
    }
    this.#folder = resolve(folder);
    this.#keep = keep;
    this.#files = files;
  }

  /**
   * Writes a checkpoint, replacing one of the same step, then removes those beyond the newest `keep`.
   * Saves run one after the other. The tensors are not copied (they may lie in shared memory) and must
   * not change until the promise settles.
   *
   * @returns the path, once the file survives a power cut
   * @throws CheckpointError if the state cannot be written; the earlier checkpoints are untouched
   */
  save(state: CheckpointState): Promise<string> {
    const saved = this.#lastSave.then(() => this.#write(state));
    this.#lastSave = saved.catch(() => undefined);
    return saved;
  }

  /**
   * The checkpoint of this step stays from now on, however many newer ones there are; so does the one that was named before
   * it, which is what an older checkpoint refers to if the newest one is damaged.
   */
  spare(step: number): void {
    if (this.#spared.at(-1) !== step) this.#spared = [...this.#spared, step].slice(-2);
  }

  /** Where the checkpoint of a step is, if there is one. */
  pathOf(step: number): string {
    return join(this.#folder, fileName(step));
  }

  /**
   * The checkpoint of one step, verified.
   *
   * @throws CheckpointError if it is not there, or cannot be trusted
   */
  async at(step: number): Promise<Checkpoint> {
    return loadCheckpoint(this.pathOf(step));
  }

  /**
   * Reads a checkpoint, from any folder, and verifies every byte of it.
   *
   * @throws CheckpointError with the reason: it cannot be read, is truncated, altered, renamed, of
   *   another version or no checkpoint at all
   */
  load(path: string): Promise<Checkpoint> {
    return loadCheckpoint(path);
  }

  /**
   * The newest checkpoint that can be trusted; `refused` lists newer ones that cannot.
   *
   * @param distrust says why one that is whole cannot be trusted all the same, in words that follow its name
   * @returns undefined if there are no checkpoints
   * @throws CheckpointError if there are, and none can be trusted: to start anew is not ours to decide
   */
  async latest(
    distrust: (checkpoint: Checkpoint) => Promise<string | undefined> = async () => undefined,
  ): Promise<{ checkpoint: Checkpoint; refused: RefusedCheckpoint[] } | undefined> {
    const refused: RefusedCheckpoint[] = [];
    for (const { path } of await this.list()) {
      try {
        const checkpoint = await loadCheckpoint(path);
        const reason = await distrust(checkpoint);
        if (reason === undefined) return { checkpoint, refused };
        refused.push({ path, reason: `checkpoint ${path}: ${reason}` });
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        refused.push({ path, reason: error.message });
      }
    }
    if (refused.length === 0) return undefined;
    throw new CheckpointError(
      `checkpoints in ${this.#folder}: none of ${refused.length} can be used. ` +
        `${refused.map(({ reason }) => reason).join('. ')}`,
    );
  }

  /** The checkpoints by their file names, newest first; nothing is read. A missing folder has none. */
  async list(): Promise<{ step: number; path: string }[]> {
    const found: { step: number; path: string }[] = [];
    for (const name of await this.#names()) {
      const step = stepOf(name);
      if (step !== undefined) found.push({ step, path: join(this.#folder, name) });
    }
    return found.sort((a, b) => b.step - a.step);
  }

  async #write(state: CheckpointState): Promise<string> {
    const path = this.pathOf(state.step);
    try {
      const chunks = await encodeCheckpoint(state);
      await makeFolderDurably(this.#folder);
      await writeDurably(path, chunks, this.#files);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CheckpointError(
        `checkpoint ${path}: not saved: ${reason}. Earlier checkpoints are untouched`,
        { cause },
      );
    }
    await this.#clean(path);
    return path;
  }

  /** Keeps the one just saved, those that are spared, and the newest `keep` others that look whole; newer broken ones stay as evidence. */
  async #clean(saved: string): Promise<void> {
    const unwanted: string[] = [];
    let whole = 0;
    for (const { step, path } of await this.list()) {
      if (this.#spared.includes(step)) continue;
      if (whole >= this.#keep && path !== saved) unwanted.push(path);
      else if (await looksWhole(path)) whole += 1;
    }
    for (const name of await this.#names()) {
      const meant = temporaryOf(name);
      if (meant !== undefined && stepOf(meant) !== undefined)
        unwanted.push(join(this.#folder, name));
    }
    // The save has succeeded; what cannot be removed now is tried again after the next one.
    await Promise.all(unwanted.map((path) => rm(path, { force: true }).catch(() => undefined)));
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return [];
      throw new CheckpointError(`checkpoint: ${this.#folder} cannot be read: ${message}`, {
        cause: error,
      });
    }
  }
}

/** Makes a folder and flushes every folder that got a new entry by it. */
async function makeFolderDurably(folder: string): Promise<void> {
  const first = await makeFolder(folder);
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first) return;
  }
}

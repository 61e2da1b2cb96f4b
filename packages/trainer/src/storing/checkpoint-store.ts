// The checkpoints of one run: a folder of `step-000000900.safetensors` files, the newest few kept.
// Invariant: a file is either returned exactly as it was saved or refused with the reason; and the
// checkpoints before it stay until a new one is on the disk. One process writes to a folder at a time.
// What the tensors and the metadata mean is not known here.
//
// lockstep-checkpoint/1 is a safetensors file whose header starts with PREFIX, the 64 hexadecimal
// digits of a SHA-256, and `"`. The digest is that of the whole file, from its first byte to its last,
// with those 64 digits read as zeros: no byte of the file can change unnoticed. Two more strings of
// its `__metadata__`: `step` in decimal, and `lockstep`, the caller's metadata as JSON.

import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConfigError, LockstepError } from '@lockstep/core';
import {
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  readSafetensorsHeader,
  type StoredTensor,
  safetensorsDataStart,
} from '@lockstep/formats';
import { type FileOperations, syncFolder, temporaryOf, writeDurably } from './durable-file.js';

const FAMILY = 'lockstep-checkpoint/';
const FORMAT = `${FAMILY}1`;
const PREFIX = `{"__metadata__":{"format":"${FORMAT}","sha256":"`;
/** The length field of safetensors comes before the header. */
const PREFIX_START = 8;
const DIGEST_START = PREFIX_START + PREFIX.length;
const NO_DIGEST = '0'.repeat(64);

/** One turn of the event loop hashes or reads this much (about 10 ms), so that timers keep running. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** A larger file is refused before anything is allocated for it. */
const MAX_FILE_BYTES = 2 ** 31;

/** What a run needs to go on from a step. */
export interface CheckpointState {
  /** Steps done, from 0. */
  step: number;
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Any value that JSON keeps; read back as `JSON.parse` gives it. */
  metadata: unknown;
}

/** A checkpoint that was read and verified. The tensors are views of one buffer, the file's content. */
export interface Checkpoint extends CheckpointState {
  path: string;
}

/** A file that could not be used, and why. */
export interface RefusedCheckpoint {
  path: string;
  reason: string;
}

/** A checkpoint cannot be written, or what was read is not one that can be trusted. */
export class CheckpointError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('checkpoint', message, options);
  }
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
   * @returns undefined if there are no checkpoints
   * @throws CheckpointError if there are, and none can be trusted: to start anew is not ours to decide
   */
  async latest(): Promise<{ checkpoint: Checkpoint; refused: RefusedCheckpoint[] } | undefined> {
    const refused: RefusedCheckpoint[] = [];
    for (const { path } of await this.list()) {
      try {
        return { checkpoint: await loadCheckpoint(path), refused };
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
    const path = join(this.#folder, fileName(state.step));
    try {
      const chunks = await encodeCheckpoint(state);
      await makeFolder(this.#folder);
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

  /** Keeps the one just saved and the newest `keep` that look whole; newer broken ones stay as evidence. */
  async #clean(saved: string): Promise<void> {
    const unwanted: string[] = [];
    let whole = 0;
    for (const { path } of await this.list()) {
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

async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const refuse = (reason: string, cause?: unknown) =>
    new CheckpointError(`checkpoint ${path}: ${reason}`, cause === undefined ? {} : { cause });
  let bytes: Buffer;
  let content: ReturnType<typeof decodeSafetensors>;
  try {
    bytes = await readWhole(path);
    content = decodeSafetensors(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(
      cause instanceof FormatError ? `damaged or no checkpoint: ${reason}` : reason,
      cause,
    );
  }

  const { tensors, metadata } = content;
  if (metadata.format?.startsWith(FAMILY) !== true) {
    throw refuse(
      `not a checkpoint: expected the format ${FORMAT}, got ${metadata.format ?? 'none'}`,
    );
  }
  if (metadata.format !== FORMAT) {
    throw refuse(`expected the format ${FORMAT}, got ${metadata.format}; another version wrote it`);
  }
  const actual = await digest([
    bytes.subarray(0, DIGEST_START),
    Buffer.from(NO_DIGEST),
    bytes.subarray(DIGEST_START + NO_DIGEST.length),
  ]);
  const begins = bytes.toString('latin1', PREFIX_START, DIGEST_START + NO_DIGEST.length);
  if (begins !== PREFIX + actual) {
    throw refuse(`altered since it was saved: the SHA-256 of its content is ${actual}`);
  }

  const step = Number(metadata.step);
  const named = stepOf(basename(path));
  if (named !== undefined && named !== step) {
    throw refuse(`renamed: its name says step ${named}, its content is step ${metadata.step}`);
  }
  try {
    return { path, step, tensors, metadata: JSON.parse(metadata.lockstep ?? '') };
  } catch (cause) {
    throw refuse('its metadata is not JSON; another program wrote it', cause);
  }
}

/** The bytes of a checkpoint file, as views of the tensors after the header. */
async function encodeCheckpoint({ step, tensors, metadata }: CheckpointState) {
  const json: string | undefined = JSON.stringify(metadata, (key, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`metadata "${key}" is ${value}, which JSON cannot keep`);
    }
    return value;
  });
  if (json === undefined) throw new Error(`metadata is ${typeof metadata}, which JSON cannot keep`);
  const strings = { format: FORMAT, sha256: NO_DIGEST, step: String(step), lockstep: json };
  const chunks = encodeSafetensors(tensors, strings);
  const header = chunks[0]!;
  header.set(Buffer.from(await digest(chunks), 'latin1'), DIGEST_START);
  return chunks;
}

async function digest(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
      if (at > 0) await nextTurn();
      hash.update(chunk.subarray(at, at + PIECE_BYTES));
    }
  }
  return hash.digest('hex');
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) {
      throw new Error(`${size} bytes are too large; at most ${MAX_FILE_BYTES} are read`);
    }
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let at = 0; at < size; ) {
      const length = Math.min(PIECE_BYTES, size - at);
      const { bytesRead } = await file.read(bytes, at, length, at);
      if (bytesRead === 0)
        throw new Error(`truncated while it was read: expected ${size}, got ${at}`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** Whether a file's header and length fit a checkpoint of ours, without reading the tensors. */
async function looksWhole(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Buffer.alloc(PREFIX_START);
      await file.read(length, 0, length.byteLength, 0);
      const head = Buffer.alloc(safetensorsDataStart(length, size));
      await file.read(head, 0, head.byteLength, 0);
      return readSafetensorsHeader(head, size).metadata.format === FORMAT;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** Makes a folder and flushes every folder that got a new entry by it. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first) return;
  }
}

/** Zero-padded to 9 digits, so that folders list in order; later steps have more digits. */
function fileName(step: number): string {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new CheckpointError(`checkpoint: a step is a whole number from 0, got ${step}`);
  }
  return `step-${String(step).padStart(9, '0')}.safetensors`;
}

function stepOf(name: string): number | undefined {
  const digits = /^step-(\d{9,16})\.safetensors$/.exec(name)?.[1];
  const step = Number(digits);
  return Number.isSafeInteger(step) && fileName(step) === name ? step : undefined;
}

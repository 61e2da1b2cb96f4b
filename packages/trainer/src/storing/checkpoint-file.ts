// One checkpoint as bytes: written, read and verified. What the tensors and the metadata mean is not known here.
// Invariant: a file is either returned exactly as it was saved or refused with the reason.
//
// lockstep-checkpoint/1 is a safetensors file whose header starts with PREFIX, the 64 hexadecimal
// digits of a SHA-256, and `"`. The digest is that of the whole file, from its first byte to its last,
// with those 64 digits read as zeros: no byte of the file can change unnoticed. Two more strings of
// its `__metadata__`: `step` in decimal, and `lockstep`, the caller's metadata as JSON.

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core';
import {
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  readSafetensorsHeader,
  type StoredTensor,
  safetensorsDataStart,
} from '@lockstep/formats';

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

/** A checkpoint cannot be written, or what was read is not one that can be trusted. */
export class CheckpointError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('checkpoint', message, options);
  }
}

/**
 * Reads a checkpoint, from any folder, and verifies every byte of it.
 *
 * @throws CheckpointError with the reason
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
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
  if (!isCheckpoint(metadata)) {
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

/** Whether the metadata of a safetensors file says that it is a checkpoint, of whatever version. */
export function isCheckpoint(metadata: Readonly<Record<string, string>>): boolean {
  return metadata.format?.startsWith(FAMILY) === true;
}

/** The bytes of a checkpoint file, as views of the tensors after the header. */
export async function encodeCheckpoint({ step, tensors, metadata }: CheckpointState) {
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

/** Looked at before it is opened: to open a pipe waits for whoever writes into it. */
async function openFile(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new Error('it is no file');
  return open(path, 'r');
}

async function readWhole(path: string): Promise<Buffer> {
  const file = await openFile(path);
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
export async function looksWhole(path: string): Promise<boolean> {
  try {
    const file = await openFile(path);
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

/** Zero-padded to 9 digits, so that folders list in order; later steps have more digits. */
export function fileName(step: number): string {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new CheckpointError(`checkpoint: a step is a whole number from 0, got ${step}`);
  }
  return `step-${String(step).padStart(9, '0')}.safetensors`;
}

export function stepOf(name: string): number | undefined {
  const digits = /^step-(\d{9,16})\.safetensors$/.exec(name)?.[1];
  const step = Number(digits);
  return Number.isSafeInteger(step) && fileName(step) === name ? step : undefined;
}

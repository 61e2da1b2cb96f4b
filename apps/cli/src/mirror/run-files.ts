// What of a run's folder goes to a store, as it is at one moment: names and sizes. Files that grow are read up to where they
// ended then; all others are written whole or not at all, and never changed.
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINT, PLAIN_FILES } from '../run-names.js';

export interface RunFile {
  /** In the run's folder, with slashes. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was written last, in milliseconds since 1970. */
  readonly written: number;
}

/** A run's folder at one moment. */
export interface RunView {
  /** Of the newest checkpoint. */
  readonly step: number;
  readonly files: readonly RunFile[];
  /** Whether the run has come to its end. */
  readonly ended: boolean;
}

/** One turn of the event loop hashes so much: 5 ms. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** The folder as it is now, of a run that stands there. */
export async function viewRun(
  out: string,
  { step, ended }: Pick<RunView, 'step' | 'ended'>,
): Promise<RunView> {
  const folder = join(out, 'checkpoints');
  const checkpoints = (await readdir(folder).catch((): string[] => []))
    .map((name) => `checkpoints/${name}`)
    .filter((name) => CHECKPOINT.test(name));
  const files: RunFile[] = [];
  for (const name of [...PLAIN_FILES, ...checkpoints.sort()]) {
    const path = join(out, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) continue;
    files.push({ name, path, bytes: found.size, written: found.mtimeMs });
  }
  return { step, files, ended };
}

/** Whether nothing was written between them. */
export function isSameView(view: RunView, before: RunView | undefined): boolean {
  return JSON.stringify(view) === JSON.stringify(before);
}

/**
 * The file's bytes, in pieces whose memory is used again for the next one.
 *
 * @throws the file system's own error, as ENOENT of a checkpoint that had to make room
 */
export async function* piecesOf(
  { path, bytes }: Pick<RunFile, 'path' | 'bytes'>,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, 'r');
  try {
    const piece = new Uint8Array(Math.min(pieceBytes, bytes));
    for (let at = 0; at < bytes; ) {
      const length = Math.min(piece.byteLength, bytes - at);
      yield await readExactly(file, piece.subarray(0, length), at);
      at += length;
    }
  } finally {
    await file.close();
  }
}

export async function sha256Of(file: Pick<RunFile, 'path' | 'bytes'>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file)) hash.update(piece);
  return hash.digest('hex');
}

/** A file that became shorter has what it has: its SHA-256 says that it is another one. */
async function readExactly(file: FileHandle, into: Uint8Array, at: number): Promise<Uint8Array> {
  let done = 0;
  while (done < into.byteLength) {
    const { bytesRead } = await file.read(into, done, into.byteLength - done, at + done);
    if (bytesRead === 0) return into.subarray(0, done);
    done += bytesRead;
  }
  return into;
}

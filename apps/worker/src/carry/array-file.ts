// Arrays on the disk, by the SHA-256 of their bytes: `HEX` for a whole one, `HEX.part` for the beginning of one.
// Invariant: whatever is read is hashed before it is used, so a damaged file costs only a new fetch. That is why
// several processes may write the same part: they write the same bytes, in order, and all of them check.
// Not here: where bytes come from. A failing disk is no failure: then nothing is kept.
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@lockstep/core';

const READ_BYTES = 4 * 1024 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;
const PART = '.part';

/** Where a cache has its arrays. */
export function arraysFolder(cacheDir: string): string {
  return join(cacheDir, 'arrays');
}

export function isArrayName(name: string): boolean {
  return SHA256.test(name);
}

export function isPartName(name: string): boolean {
  return name.endsWith(PART) && isArrayName(name.slice(0, -PART.length));
}

export class ArrayFile {
  readonly #path: string;
  readonly #sha256: string;
  readonly #memory: Uint8Array;
  #hash: Hash = createHash('sha256');
  #part: FileHandle | undefined;
  #bytes = 0;

  /**
   * @param folder of the cache
   * @param sha256 the only thing of a name that a stranger chooses
   * @param memory where the array goes
   * @throws DataError unless it is 64 lower-case hexadecimal digits
   */
  constructor(folder: string, sha256: string, memory: Uint8Array) {
    if (!isArrayName(sha256)) {
      throw new DataError('dataset cache: expected a SHA-256 as 64 lower-case hexadecimal digits');
    }
    this.#path = join(folder, sha256);
    this.#sha256 = sha256;
    this.#memory = memory;
  }

  /** Bytes that are in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns whether the whole array was here, and is in memory now */
  async readWhole(): Promise<boolean> {
    const file = await open(this.#path, 'r').catch(() => undefined);
    if (!file) return false;
    const isRight = await this.#read(file, true).then(
      (fits) => fits && this.#isRight(),
      () => false,
    );
    await file.close();
    if (!isRight) {
      await unlink(this.#path).catch(() => {});
      this.#restart();
    }
    return isRight;
  }

  /** Opens the part for writing, and takes what is in it into memory. */
  async begin(folder: string): Promise<void> {
    this.#part = await mkdir(folder, { recursive: true })
      .then(() => openPart(this.#partPath))
      .catch(() => undefined);
    const fits = await (this.#part && this.#read(this.#part, false).catch(() => false));
    if (fits !== false) return;
    await this.#part?.truncate(0).catch(() => {});
    this.#restart();
  }

  /** The next bytes. @throws ProtocolError if they are more than are missing */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#memory.set(piece, this.#bytes);
      this.#hash.update(piece);
      await this.#write(piece, this.#bytes);
      this.#bytes += piece.byteLength;
    }
  }

  /** All is there. @returns whether it is right; if not, everything begins again */
  async finish(): Promise<boolean> {
    const isRight = this.#isRight();
    if (isRight) await this.#part?.sync().catch(() => {});
    await this.close();
    // Another process may have been first; its file is as good, and readers check.
    if (isRight) await rename(this.#partPath, this.#path).catch(() => {});
    else await unlink(this.#partPath).catch(() => {});
    if (!isRight) this.#restart();
    return isRight;
  }

  /** Leaves the part for another time. */
  async close(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await part?.close().catch(() => {});
  }

  get #partPath(): string {
    return this.#path + PART;
  }

  /** @returns false if the file is larger than the array, or, where it must be whole, smaller */
  async #read(file: FileHandle, isWhole: boolean): Promise<boolean> {
    const { size } = await file.stat();
    const expected = this.#memory.byteLength;
    if (size > expected || (isWhole && size < expected)) return false;
    const buffer = new Uint8Array(Math.min(READ_BYTES, size));
    while (this.#bytes < size) {
      const length = Math.min(buffer.byteLength, size - this.#bytes);
      const { bytesRead } = await file.read(buffer, 0, length, this.#bytes);
      if (bytesRead === 0) return false;
      const piece = buffer.subarray(0, bytesRead);
      this.#memory.set(piece, this.#bytes);
      this.#hash.update(piece);
      this.#bytes += bytesRead;
    }
    return true;
  }

  async #write(piece: Uint8Array, at: number): Promise<void> {
    try {
      for (let done = 0; this.#part && done < piece.byteLength; ) {
        const { bytesWritten } = await this.#part.write(
          piece,
          done,
          piece.byteLength - done,
          at + done,
        );
        done += bytesWritten;
      }
    } catch {
      await this.close();
    }
  }

  #isRight(): boolean {
    return this.#hash.copy().digest('hex') === this.#sha256;
  }

  #restart(): void {
    this.#bytes = 0;
    this.#hash = createHash('sha256');
  }
}

async function openPart(path: string): Promise<FileHandle> {
  // 'a+' would write at the end whatever the place; 'r+' needs the file to exist.
  return open(path, 'r+').catch(() => open(path, 'wx+').catch(() => open(path, 'r+')));
}

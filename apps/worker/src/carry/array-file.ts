// Arrays on the disk, by the SHA-256 of their bytes: `HEX` for a whole one, `HEX.part` for the beginning of one.
// Invariant: whatever is read is hashed before it is used. That is why several processes may write the same part: they write the
// same bytes, in order, and all of them check. Not here: where bytes come from.
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@lockstep/data';
import { Filling, isArrayName, type StoredArray } from './stored-array.js';

const READ_BYTES = 4 * 1024 * 1024;
const PART = '.part';

/** Where a cache has its arrays. */
export function arraysFolder(cacheDir: string): string {
  return join(cacheDir, 'arrays');
}

export function isPartName(name: string): boolean {
  return name.endsWith(PART) && isArrayName(name.slice(0, -PART.length));
}

export class ArrayFile implements StoredArray {
  readonly #folder: string;
  readonly #path: string;
  readonly #filling: Filling;
  #part: FileHandle | undefined;

  /**
   * @param folder of the cache
   * @param memory where the array goes
   * @throws DataError unless the hash is 64 lower-case hexadecimal digits
   */
  constructor(folder: string, sha256: string, memory: Uint8Array) {
    this.#filling = new Filling(sha256, memory);
    this.#folder = folder;
    this.#path = join(folder, sha256);
  }

  get bytes(): number {
    return this.#filling.bytes;
  }

  async readWhole(): Promise<boolean> {
    const file = await open(this.#path, 'r').catch(() => undefined);
    if (!file) return false;
    const isRight = await this.#read(file, true).then(
      (fits) => fits && this.#filling.isRight,
      () => false,
    );
    await file.close();
    if (!isRight) {
      await unlink(this.#path).catch(() => {});
      this.#filling.restart();
    }
    return isRight;
  }

  async begin(): Promise<void> {
    this.#part = await makeFolder(this.#folder)
      .then(() => openPart(this.#partPath))
      .catch(() => undefined);
    const fits = await (this.#part && this.#read(this.#part, false).catch(() => false));
    if (fits !== false) return;
    await this.#part?.truncate(0).catch(() => {});
    this.#filling.restart();
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      const at = this.#filling.bytes;
      this.#filling.put(piece);
      await this.#write(piece, at);
    }
  }

  async finish(): Promise<boolean> {
    const { isRight } = this.#filling;
    if (isRight) await this.#part?.sync().catch(() => {});
    await this.close();
    // Another process may have been first; its file is as good, and readers check.
    if (isRight) await rename(this.#partPath, this.#path).catch(() => {});
    else await unlink(this.#partPath).catch(() => {});
    if (!isRight) this.#filling.restart();
    return isRight;
  }

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
    const expected = this.#filling.memory.byteLength;
    if (size > expected || (isWhole && size < expected)) return false;
    const buffer = new Uint8Array(Math.min(READ_BYTES, size));
    while (this.bytes < size) {
      const length = Math.min(buffer.byteLength, size - this.bytes);
      const { bytesRead } = await file.read(buffer, 0, length, this.bytes);
      if (bytesRead === 0) return false;
      this.#filling.put(buffer.subarray(0, bytesRead));
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
}

async function openPart(path: string): Promise<FileHandle> {
  // 'a+' would write at the end whatever the place; 'r+' needs the file to exist.
  return open(path, 'r+').catch(() => open(path, 'wx+').catch(() => open(path, 'r+')));
}

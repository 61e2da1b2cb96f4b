// A file of JSON lines that somebody else adds to: each line once, when it is whole.
// Invariant: a line that is no object, or is cut, is passed over; what stands after the last line's end is read when it has one. A
// file that got shorter, or is another one, is read from its beginning.
import { type FileHandle, open } from 'node:fs/promises';

const PIECE_BYTES = 1 << 20;
const NEWLINE = 0x0a;

export class GrowingLines {
  readonly #path: string;
  /** Of the first line that was not read. */
  #offset = 0;
  /** The number that the file system gave the file. */
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns what was added since the last call; `isAnew` if that is all of it, and what was read before counts no longer */
  async read(): Promise<{ readonly objects: object[]; readonly isAnew: boolean }> {
    const handle = await open(this.#path, 'r').catch(() => undefined);
    if (!handle) return { objects: [], isAnew: this.#begin(undefined) };
    try {
      const found = await handle.stat();
      const { size, ino } = found;
      if (!found.isFile()) return { objects: [], isAnew: this.#begin(undefined) };
      const isAnew = (size < this.#offset || ino !== this.#file) && this.#begin(ino);
      return { objects: await this.#readTo(handle, size), isAnew };
    } finally {
      await handle.close();
    }
  }

  /** @returns whether something was read before */
  #begin(file: number | undefined): boolean {
    const wasRead = this.#offset > 0;
    this.#offset = 0;
    this.#file = file;
    return wasRead;
  }

  async #readTo(handle: FileHandle, size: number): Promise<object[]> {
    const objects: object[] = [];
    let rest = Buffer.alloc(0);
    for (let at = this.#offset; at < size; ) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - at));
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      rest = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
      const end = rest.lastIndexOf(NEWLINE) + 1;
      for (const line of rest.toString('utf8', 0, end).split('\n')) {
        const object = parsed(line);
        if (object) objects.push(object);
      }
      rest = rest.subarray(end);
      this.#offset += end;
    }
    return objects;
  }
}

function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

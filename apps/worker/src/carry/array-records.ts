// Arrays as records of a key-value store, which browsers have in place of folders: the pieces in which an array came, by its
// SHA-256 and their number. Pieces from the first one on without a gap are its beginning, so nothing else has to be kept of it.
// Invariant: a failing store is no failure; then nothing is kept. Several tabs may write the same pieces: all of them check.
import { type ArrayStore, Filling, type StoredArray } from './stored-array.js';

/** The store. What it rejects is taken for "not there", or "not kept". */
export interface Records {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
}

export function arrayRecords(records: Records): ArrayStore {
  return (sha256, memory) => new ArrayRecords(records, sha256, memory);
}

class ArrayRecords implements StoredArray {
  readonly #records: Records;
  readonly #filling: Filling;
  #pieces = 0;
  #isKept = true;

  constructor(records: Records, sha256: string, memory: Uint8Array) {
    this.#records = records;
    this.#filling = new Filling(sha256, memory);
  }

  get bytes(): number {
    return this.#filling.bytes;
  }

  async readWhole(): Promise<boolean> {
    await this.begin();
    if (!this.#filling.isWhole) return false;
    if (this.#filling.isRight) return true;
    await this.#forget();
    return false;
  }

  async begin(): Promise<void> {
    for (;;) {
      const piece = await this.#records.get(this.#key(this.#pieces)).catch(() => undefined);
      if (!piece || piece.length > this.#filling.memory.length - this.bytes) return;
      this.#filling.put(piece);
      this.#pieces += 1;
    }
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#filling.put(piece);
      const key = this.#key(this.#pieces);
      this.#pieces += 1;
      if (!this.#isKept) continue;
      // What comes after a gap would never be found.
      await this.#records.put(key, piece).catch(() => {
        this.#isKept = false;
      });
    }
  }

  async finish(): Promise<boolean> {
    const { isRight } = this.#filling;
    if (!isRight) await this.#forget();
    return isRight;
  }

  async close(): Promise<void> {}

  async #forget(): Promise<void> {
    for (let piece = 0; piece < this.#pieces; piece++) {
      await this.#records.delete(this.#key(piece)).catch(() => {});
    }
    this.#pieces = 0;
    this.#filling.restart();
  }

  #key(piece: number): string {
    return `${this.#filling.sha256}/${piece}`;
  }
}

// Messages out of a stream of bytes, which may be cut anywhere. Each is its length in four bytes, little-endian, and then
// itself; a length whose highest bit is set is that of a word of the transport's own. Pure: it knows no socket.
// Invariants: a length is checked before a byte of what it announces is kept; what is kept of a message costs little more than
// its bytes, in however small parts they come.

export const HEAD_BYTES = 4;
const OWN_WORD = 0x8000_0000;
/** A word: a byte that says which, and at most a reason. */
const MOST_WORD_BYTES = 124;

/** A part that comes while others wait, and is shorter than this, is copied: as a piece by itself it would cost more. */
const SMALL_PART_BYTES = 4096;
const BLOCK_BYTES = 64 * 1024;

export interface Read {
  /** A word of the transport's own. */
  readonly isWord: boolean;
  /** Windows on what was read; none of a message of no bytes. */
  readonly pieces: Uint8Array[];
}

export class MessageReader {
  /** A larger message is refused. */
  limitBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Where small parts are copied to, one after the other. */
  #block = new Uint8Array(0);
  #blockBytes = 0;
  /** The last part ends where the block is filled up to. */
  #isOpenPart = false;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  push(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#parts.length === 0 || part.length >= SMALL_PART_BYTES) {
      this.#parts.push(part);
      this.#isOpenPart = false;
    } else this.#copy(part);
  }

  /** @returns the next message or word; undefined if it is not there yet; what is wrong if it must not come */
  next(): Read | string | undefined {
    if (this.#bytes < HEAD_BYTES) return undefined;
    const length = this.#length();
    const isWord = length >= OWN_WORD;
    const bytes = isWord ? length - OWN_WORD : length;
    const most = isWord ? MOST_WORD_BYTES : this.limitBytes;
    if (bytes > most) return `message: too large; expected at most ${most} bytes`;
    if (this.#bytes < HEAD_BYTES + bytes) return undefined;
    this.#take(HEAD_BYTES);
    return { isWord, pieces: this.#take(bytes) };
  }

  /** What was read and not taken is forgotten. */
  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#isOpenPart = false;
  }

  #length(): number {
    let length = 0;
    let bits = 0;
    for (const part of this.#parts) {
      for (let i = 0; i < part.length && bits < 32; i++, bits += 8) length |= part[i]! << bits;
      if (bits === 32) break;
    }
    return length >>> 0;
  }

  #take(bytes: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    this.#bytes -= bytes;
    let whole = 0;
    for (let left = bytes; left > 0; ) {
      const part = this.#parts[whole]!;
      pieces.push(part.length <= left ? part : part.subarray(0, left));
      if (part.length <= left) whole += 1;
      else this.#parts[whole] = part.subarray(left);
      left -= Math.min(left, part.length);
    }
    this.#parts.splice(0, whole);
    if (this.#parts.length === 0) this.#isOpenPart = false;
    return pieces;
  }

  #copy(part: Uint8Array): void {
    if (this.#block.length - this.#blockBytes < part.length) {
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockBytes = 0;
      this.#isOpenPart = false;
    }
    const begin = this.#blockBytes;
    this.#block.set(part, begin);
    this.#blockBytes += part.length;
    if (!this.#isOpenPart) this.#parts.push(this.#block.subarray(begin, this.#blockBytes));
    else {
      const last = this.#parts.pop()!;
      const from = last.byteOffset - this.#block.byteOffset;
      this.#parts.push(this.#block.subarray(from, this.#blockBytes));
    }
    this.#isOpenPart = true;
  }
}

/** What goes before so many bytes. */
export function writeHead(into: Uint8Array, bytes: number, isWord = false): void {
  const length = isWord ? OWN_WORD + bytes : bytes;
  for (let i = 0; i < HEAD_BYTES; i++) into[i] = length >>> (8 * i);
}

// UTF-8 text becomes records: fields are cut as RFC 4180 says, and as people write them.
// Invariant: the records do not depend on where the text was cut into pieces. A line ends with LF, CRLF or CR, mixed as they
// come; blanks around quotes are no part of a field, nor are empty lines records. A record is looked at where it lies and
// makes no strings: fields are ranges of bytes until somebody asks for their text.
// Not here: what the fields mean (reader.ts), encodings (utf8.ts).
import { DataError } from '@lockstep/core';

/** Where something is, for an error; `field` from 0. */
export type Where = (line: number, field?: number) => string;

/** A record longer than this is refused: most likely a quote that is never closed. */
export const MAX_RECORD_BYTES = 1 << 24;

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const QUOTE = 34;

/** How a field stands in the text: bare, in quotes, or in quotes with doubled ones inside. */
const BARE = 0;
const QUOTED = 1;
const DOUBLED = 2;

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Records {
  /** Fields of the current record. */
  count = 0;
  /** Where each field begins and ends in `bytes`. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** Of the current record's first character, from 1. */
  line = 1;
  /** Whether the current record is a line that begins with the comment's character; it is cut at delimiters only. */
  isComment = false;

  readonly delimiter: number;
  readonly #comment: number | undefined;
  readonly #where: Where;
  #bytes = new Uint8Array(0);
  #kinds = new Uint8Array(64);
  #at = 0;
  #end = 0;
  #nextLine = 1;
  #closed = false;
  /** Unread bytes below which the unfinished record is not tried again, so that a long one is not read over and over. */
  #retryAt = 0;

  constructor(delimiter: number, comment: number | undefined, where: Where) {
    this.delimiter = delimiter;
    this.#comment = comment;
    this.#where = where;
  }

  /** Text that the fields lie in; valid until the next `append`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What no record was cut from yet; valid until the next `append`. */
  get unread(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end);
  }

  /** The line on which the text ends. */
  get lastLine(): number {
    return this.#nextLine + lineBreaks(this.#bytes, this.#at, this.#end);
  }

  append(piece: Uint8Array): void {
    const kept = this.#end - this.#at;
    if (kept + piece.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * kept, kept + piece.length));
      larger.set(this.unread);
      this.#bytes = larger;
    } else {
      this.#bytes.copyWithin(0, this.#at, this.#end);
    }
    this.#bytes.set(piece, kept);
    this.#at = 0;
    this.#end = kept + piece.length;
  }

  /** Nothing follows: what is left is the last record. */
  close(): void {
    this.#closed = true;
  }

  /** Tries the unfinished record with the next call of `next`, however little has come since. */
  retry(): void {
    this.#retryAt = 0;
  }

  /** Leaves out bytes that are a line of their own, with their line break. */
  skipLine(bytes: number): void {
    this.#at += bytes;
    this.#nextLine++;
  }

  /**
   * Goes to the next record.
   *
   * @returns false if there is none yet: more text, or `close`, is needed
   * @throws DataError if a quote is not closed, or something but blanks follows it
   */
  next(): boolean {
    while (this.#at < this.#end) {
      const unread = this.#end - this.#at;
      if (unread < this.#retryAt && !this.#closed) return false;
      this.line = this.#nextLine;
      const at = this.#bytes[this.#at] === this.#comment ? this.#cutComment() : this.#cutRecord();
      const length = (at === -1 ? this.#end : at) - this.#at;
      if (length > MAX_RECORD_BYTES) throw this.#tooLong();
      if (at === -1) {
        this.#retryAt = 2 * unread;
        return false;
      }
      this.#retryAt = 0;
      this.#at = at;
      if (this.count > 1 || this.ends[0]! > this.starts[0]! || this.#kinds[0] !== BARE) return true;
    }
    return false;
  }

  /** @returns the field without quotes and without blanks at its ends */
  text(field: number): string {
    const start = this.starts[field]!;
    const text = UTF8.decode(this.#bytes.subarray(start, this.ends[field]!));
    return (this.#kinds[field] === DOUBLED ? text.replaceAll('""', '"') : text).trim();
  }

  /** @returns where the next record begins, or -1 if this one is not whole yet */
  #cutRecord(): number {
    const { delimiter } = this;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let count = 0;
    let breaks = 0;
    for (;;) {
      if (count === this.starts.length) this.#widen();
      while (at < end && (bytes[at] === SPACE || bytes[at] === TAB) && bytes[at] !== delimiter)
        at++;
      let start = at;
      if (at < end && bytes[at] === QUOTE) {
        start = at + 1;
        const opened = this.line + breaks;
        const close = this.#closingQuote(start, opened, count);
        if (close === -1) return -1;
        breaks += lineBreaks(bytes, start, close);
        this.ends[count] = close;
        at = close + 1;
        while (at < end && (bytes[at] === SPACE || bytes[at] === TAB) && bytes[at] !== delimiter)
          at++;
        const next = bytes[at];
        if (at < end && next !== delimiter && next !== LF && next !== CR) {
          if (at + 4 > end && !this.#closed) return -1;
          throw this.#afterQuote(at, opened, count);
        }
      } else {
        while (at < end) {
          const byte = bytes[at]!;
          if (byte === delimiter || byte === LF || byte === CR) break;
          at++;
        }
        let last = at;
        while (last > start && bytes[last - 1] === SPACE) last--;
        this.#kinds[count] = BARE;
        this.ends[count] = last;
      }
      this.starts[count++] = start;
      if (at >= end) break;
      if (bytes[at] !== delimiter) break;
      at++;
    }
    return this.#endLine(at, count, breaks);
  }

  /** @returns where the quote is that closes what was opened before `start`, or -1 if it is not here yet */
  #closingQuote(start: number, line: number, field: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    this.#kinds[field] = QUOTED;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== QUOTE) continue;
      if (at + 1 < end ? bytes[at + 1] !== QUOTE : this.#closed) return at;
      this.#kinds[field] = DOUBLED;
      at++;
    }
    if (!this.#closed) return -1;
    throw new DataError(`${this.#where(line, field)}: a quote is opened and never closed`);
  }

  #cutComment(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let count = 1;
    while (at < this.#end && bytes[at] !== LF && bytes[at] !== CR) {
      if (bytes[at++] === this.delimiter) count++;
    }
    this.starts[0] = this.#at;
    this.ends[0] = at;
    return this.#endLine(at, count, 0, true);
  }

  /** @returns where the next record begins, or -1 if it is not known whether the line ends here */
  #endLine(at: number, count: number, breaks: number, isComment = false): number {
    if (
      at >= this.#end
        ? !this.#closed
        : at + 1 === this.#end && this.#bytes[at] === CR && !this.#closed
    ) {
      return -1;
    }
    this.count = count;
    this.isComment = isComment;
    this.#nextLine += breaks + (at < this.#end ? 1 : 0);
    const isCrLf = this.#bytes[at] === CR && at + 1 < this.#end && this.#bytes[at + 1] === LF;
    return Math.min(this.#end, at + (isCrLf ? 2 : 1));
  }

  #widen(): void {
    const grow = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = 2 * this.starts.length;
    this.starts = grow(this.starts, new Int32Array(length));
    this.ends = grow(this.ends, new Int32Array(length));
    this.#kinds = grow(this.#kinds, new Uint8Array(length));
  }

  #afterQuote(at: number, line: number, field: number): DataError {
    const [character] = UTF8.decode(this.#bytes.subarray(at, Math.min(this.#end, at + 4)));
    return new DataError(
      `${this.#where(line, field)}: ${JSON.stringify(character)} after a closing quote; expected a delimiter or the line's end (a quote inside quotes is doubled)`,
    );
  }

  #tooLong(): DataError {
    return new DataError(
      `${this.#where(this.line)}: the record is longer than ${MAX_RECORD_BYTES >> 20} MiB; is a quote opened in it and never closed?`,
    );
  }
}

/** Line breaks in [from, to): LF, CRLF or CR each. */
function lineBreaks(bytes: Uint8Array, from: number, to: number): number {
  let breaks = 0;
  for (let at = from; at < to; at++) {
    if (bytes[at] === LF || (bytes[at] === CR && !(at + 1 < to && bytes[at + 1] === LF))) breaks++;
  }
  return breaks;
}

// Where the entries of a zip lie, from its central directory. It is read here and not by the library that unpacks them,
// because that checks neither sums nor that entries lie apart, and makes room on the word of a header.
// Invariant: each entry's bytes lie inside the file and belong to it alone. Encryption and archives in parts are refused.
// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 to 4.5.
import { FormatError, quote } from '../format-error.js';

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly size: number;
  /** As they lie in the file. */
  readonly packed: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT_BYTES = 0xffff;
const ENCRYPTED = 1;
/** The extra field of sizes that need 64 bits. */
const WIDE_FIELD = 1;
/** What stands where such a size belongs. */
const IS_WIDE = 0xffff_ffff;

function wrong(why: string): FormatError {
  return new FormatError(`npz: ${why}`);
}

/**
 * @returns the entries in the directory's order
 * @throws FormatError if it is no zip, or any of it lies elsewhere than it says
 */
export function readZipDirectory(bytes: Uint8Array): ZipEntry[] {
  const reader = new Reader(bytes);
  const { count, start, end } = findDirectory(reader);
  const entries: ZipEntry[] = [];
  const taken: [from: number, to: number][] = [[start, end]];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (reader.u32(at) !== CENTRAL) throw wrong(`damaged: entry ${i} of ${count} is not there`);
    const extra = at + 46 + reader.u16(at + 28);
    const next = extra + reader.u16(at + 30);
    const name = reader.text(at + 46, extra);
    const wide = new WideSizes(reader, extra, next);
    const size = wide.orWide(reader.u32(at + 24));
    const packedBytes = wide.orWide(reader.u32(at + 20));
    const local = wide.orWide(reader.u32(at + 42));
    if (reader.u16(at + 8) & ENCRYPTED) throw wrong(`${quote(name)} is encrypted`);
    if (reader.u32(local) !== LOCAL) throw wrong(`damaged: ${quote(name)} is not there`);
    const data = local + 30 + reader.u16(local + 26) + reader.u16(local + 28);
    const packed = reader.bytes(data, data + packedBytes);
    entries.push({ name, method: reader.u16(at + 10), crc32: reader.u32(at + 16), size, packed });
    taken.push([local, data + packedBytes]);
    at = next + reader.u16(at + 32);
  }
  checkApart(taken);
  return entries;
}

/** Found from the end of the file, which a comment may follow. */
function findDirectory(reader: Reader): { count: number; start: number; end: number } {
  const last = reader.length - END_BYTES;
  const first = Math.max(0, last - MAX_COMMENT_BYTES);
  let at = last;
  while (at >= first && reader.u32(at) !== END) at -= 1;
  if (at < first) throw wrong('no directory at its end; was a download or a copy cut short?');
  const locator = at - LOCATOR_BYTES;
  if (locator >= 0 && reader.u32(locator) === LOCATOR_64) {
    const wide = reader.u64(locator + 8);
    if (reader.u32(wide) !== END_64) throw wrong('damaged: its directory is not there');
    return { count: reader.u64(wide + 32), start: reader.u64(wide + 48), end: wide };
  }
  if (reader.u16(at + 4) !== 0 || reader.u16(at + 8) !== reader.u16(at + 10)) {
    throw wrong('a part of several; join them first');
  }
  return { count: reader.u16(at + 10), start: reader.u32(at + 16), end: at };
}

/** Entries that share bytes make little fill much memory. */
function checkApart(places: readonly (readonly [from: number, to: number])[]): void {
  let end = 0;
  for (const [from, to] of [...places].sort(([a], [b]) => a - b)) {
    if (from < end) throw wrong('damaged: its entries lie over each other');
    end = to;
  }
}

/** The sizes of an entry that need 64 bits: one after the other in an extra field, in the order in which they are asked. */
class WideSizes {
  readonly #reader: Reader;
  #at = 0;
  #end = 0;

  constructor(reader: Reader, from: number, to: number) {
    this.#reader = reader;
    for (let at = from; at + 4 <= to; at += 4 + reader.u16(at + 2)) {
      if (reader.u16(at) !== WIDE_FIELD) continue;
      this.#at = at + 4;
      this.#end = Math.min(at + 4 + reader.u16(at + 2), to);
    }
  }

  orWide(size: number): number {
    if (size !== IS_WIDE || this.#at + 8 > this.#end) return size;
    this.#at += 8;
    return this.#reader.u64(this.#at - 8);
  }
}

/** Numbers and names at places that a file names, all of which must lie inside it. */
class Reader {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.length = bytes.byteLength;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(at: number): number {
    this.#check(at, at + 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.#check(at, at + 4);
    return this.#view.getUint32(at, true);
  }

  u64(at: number): number {
    const value = this.u32(at + 4) * 2 ** 32 + this.u32(at);
    if (!Number.isSafeInteger(value)) throw wrong('damaged: a size is beyond all memory');
    return value;
  }

  bytes(from: number, to: number): Uint8Array {
    this.#check(from, to);
    return this.#bytes.subarray(from, to);
  }

  /** The copy is for browsers, which decode no shared memory. */
  text(from: number, to: number): string {
    const utf8 = new Uint8Array(this.bytes(from, to));
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8);
    } catch (cause) {
      throw new FormatError('npz: the name of an array is not UTF-8', { cause });
    }
  }

  #check(from: number, to: number): void {
    if (from >= 0 && to <= this.length) return;
    throw wrong(`cut short: byte ${to} of ${this.length} is needed`);
  }
}

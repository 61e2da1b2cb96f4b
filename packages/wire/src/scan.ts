// Looks at the bytes of a control message before any decoder does, and lets pass only what our encoder writes: one
// map of maps, arrays, short plain keys, text, bytes and numbers, every length within what is there.
// Invariant: it reads each byte at most once, keeps nothing but the keys of the maps it is in, and never reads past
// the end. It is not a decoder: it yields nothing. Why it exists: docs/decisions/0004-control-messages.md.
import { isUtf8 } from './bytes.js';
import { MAX_DEPTH, MAX_ENTRIES, MAX_KEY_BYTES, MAX_VALUES } from './limits.js';
import { WireError } from './wire-error.js';

/** Bytes after the token: nil, float 64, uint 8, 16, 32, int 8, 16, 32. */
const FIXED = new Map([
  [0xc0, 0],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
]);

/** Bytes of the length after the token. */
const TEXT = new Map<number, 1 | 2 | 4>([
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
]);
const BINARY = new Map<number, 1 | 2 | 4>([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
]);
const ARRAY_16 = 0xdc;

/** The whole of `bytes` is one MessagePack map of the kind that control messages are. @throws WireError */
export function scan(bytes: Uint8Array): void {
  const scanner = new Scanner(bytes);
  if ((bytes[0]! & 0xf0) !== 0x80) {
    throw new WireError(`control message: expected a map, got ${token(bytes[0])}`);
  }
  scanner.value(0);
  if (scanner.at !== bytes.length) {
    throw new WireError(`control message: ${bytes.length - scanner.at} bytes after its end`);
  }
}

function token(byte: number | undefined): string {
  return byte === undefined ? 'nothing' : `token 0x${byte.toString(16).padStart(2, '0')}`;
}

class Scanner {
  at = 0;
  private values = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** One value, with all that is in it; `depth` containers are around it. */
  value(depth: number): void {
    if (++this.values > MAX_VALUES) this.refuse(`more than ${MAX_VALUES} values`);
    const first = this.length(1);
    if (first <= 0x7f || first >= 0xe0) return;
    if (first <= 0x8f) this.map(first & 0x0f, depth);
    else if (first <= 0x9f) this.array(first & 0x0f, depth);
    else if (first <= 0xbf) this.text(first & 0x1f);
    else if (first === ARRAY_16) this.array(this.length(2), depth);
    else if (TEXT.has(first)) this.text(this.length(TEXT.get(first)!));
    else if (BINARY.has(first)) this.skip(this.length(BINARY.get(first)!));
    else if (FIXED.has(first)) this.skip(FIXED.get(first)!);
    // Extensions, record markers, longer maps and arrays, 64-bit integers, float 32, booleans: none is sent.
    else this.refuse(`${token(first)}, which no message has`);
  }

  private map(entries: number, depth: number): void {
    if (depth >= MAX_DEPTH) this.refuse(`more than ${MAX_DEPTH} containers in each other`);
    if (entries > MAX_ENTRIES) this.refuse(`a map of ${entries} entries`);
    if (entries * 2 > this.left())
      this.refuse(`a map of ${entries} entries in ${this.left()} bytes`);
    const keys = new Set<string>();
    for (let i = 0; i < entries; i++) {
      const key = this.key();
      if (keys.has(key)) this.refuse(`the key "${key}" twice`);
      keys.add(key);
      this.value(depth + 1);
    }
  }

  /** A key: a short string of letters and digits that no object has by birth. */
  private key(): string {
    if (++this.values > MAX_VALUES) this.refuse(`more than ${MAX_VALUES} values`);
    const first = this.length(1);
    if (first < 0xa0 || first > 0xbf) this.refuse(`${token(first)} where a key stands`);
    const size = first & 0x1f;
    if (size === 0 || size > MAX_KEY_BYTES) this.refuse(`a key of ${size} bytes`);
    const start = this.at;
    this.skip(size);
    let key = '';
    for (let i = start; i < this.at; i++) {
      const byte = this.bytes[i]!;
      const digit = byte >= 0x30 && byte <= 0x39;
      const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
      if (!digit && !letter) this.refuse('a key with other characters than letters and digits');
      key += String.fromCharCode(byte);
    }
    if (key in Object.prototype || key === 'prototype') this.refuse(`the key "${key}"`);
    return key;
  }

  private array(length: number, depth: number): void {
    if (depth >= MAX_DEPTH) this.refuse(`more than ${MAX_DEPTH} containers in each other`);
    if (length > this.left()) this.refuse(`an array of ${length} in ${this.left()} bytes`);
    for (let i = 0; i < length; i++) this.value(depth + 1);
  }

  private text(size: number): void {
    const start = this.at;
    this.skip(size);
    const text = this.bytes.subarray(start, this.at);
    // Decoders replace what is not UTF-8, and the platform's drops a byte order mark: two messages, one meaning.
    if (!isUtf8(text)) this.refuse('text that is not UTF-8');
    if (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf) {
      this.refuse('text that begins with a byte order mark');
    }
  }

  private skip(size: number): void {
    if (size > this.left()) this.refuse(`a value of ${size} bytes where ${this.left()} are left`);
    this.at += size;
  }

  /** An unsigned big-endian integer of `size` bytes. */
  private length(size: 1 | 2 | 4): number {
    const start = this.at;
    this.skip(size);
    if (size === 1) return this.bytes[start]!;
    return size === 2 ? this.view.getUint16(start) : this.view.getUint32(start);
  }

  private left(): number {
    return this.bytes.length - this.at;
  }

  private refuse(what: string): never {
    throw new WireError(`control message: ${what} (at byte ${this.at} of ${this.bytes.length})`);
  }
}

// Bytes in any encoding become UTF-8 without a byte-order mark, piece by piece.
// Invariant: what comes out is valid UTF-8 and the same text wherever the pieces are cut. Bytes that are not in the encoding are
// a fault and never a replacement character, so that two different names cannot become one.
// Not here: what the text means (records.ts), and who says on which line the fault is (reader.ts).
import { ConfigError } from '@lockstep/errors';
import { foreignFormat } from './foreign.js';

export interface Utf8Piece {
  /** Valid UTF-8, apart from a character that is cut at the end and goes on in the next piece. */
  readonly bytes: Uint8Array;
  /** What is wrong with the first byte that is not in `bytes`; nothing follows it. */
  readonly fault: string | undefined;
}

type Decoder = InstanceType<typeof TextDecoder>;

/** So many bytes are looked at before anything comes out: enough for marks and for other formats' first words. */
const HEAD_BYTES = 256;

// Where Windows-1252 differs from Latin-1: 0x80 to 0x9f. Some engines' decoders leave these bytes as they are
// (Node 20.18.3 to 24 for text that comes in one piece). Source: WHATWG Encoding, index-windows-1252.
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

export class Utf8Source {
  readonly #asked: string | undefined;
  #head: Uint8Array | undefined = new Uint8Array(0);
  #decoder: Decoder;
  #encoder: InstanceType<typeof TextEncoder> | undefined;
  /** The last piece's bytes of a character that goes on in the next one; UTF-8 only. */
  #cut: Uint8Array = new Uint8Array(0);

  /**
   * @param encoding a label that TextDecoder knows; by the byte-order mark unless given, else UTF-8
   * @throws ConfigError if there is no such encoding
   */
  constructor(operation: string, encoding: string | undefined) {
    this.#decoder = decoderOf(operation, encoding ?? 'utf-8');
    this.#asked = encoding === undefined ? undefined : this.#decoder.encoding;
  }

  push(bytes: Uint8Array): Utf8Piece {
    if (this.#head === undefined) return this.#take(bytes, false);
    // Copied: a piece is its giver's again after this call.
    this.#head = joined(this.#head, bytes.slice());
    return this.#head.length < HEAD_BYTES ? { bytes: NOTHING, fault: undefined } : this.#begin();
  }

  /** What is left; a character that is cut at the end of all bytes is a fault. */
  end(): Utf8Piece {
    const first = this.#head === undefined ? undefined : this.#begin();
    if (first?.fault !== undefined) return first;
    const last = this.#take(NOTHING, true);
    return first === undefined
      ? last
      : { bytes: joined(first.bytes, last.bytes), fault: last.fault };
  }

  #begin(): Utf8Piece {
    const head = this.#head!;
    this.#head = undefined;
    const marked = markOf(head);
    const foreign = foreignFormat(head);
    if (foreign !== undefined) return { bytes: NOTHING, fault: foreign };
    if (marked !== undefined && this.#asked !== undefined && marked !== this.#asked) {
      const fault = `the text begins with the mark of ${marked}, and the option says encoding: '${this.#asked}'; leave the option out`;
      return { bytes: NOTHING, fault };
    }
    const encoding = marked ?? this.#asked ?? 'utf-8';
    if (encoding !== 'utf-8') {
      // Not fatal: a replacement character in what comes out tells where the fault is, and a fatal decoder does not.
      this.#decoder = new TextDecoder(encoding);
      this.#encoder = new TextEncoder();
      return this.#take(head, false);
    }
    return this.#take(marked === undefined ? head : head.subarray(3), false);
  }

  #take(bytes: Uint8Array, last: boolean): Utf8Piece {
    const piece =
      this.#encoder === undefined ? this.#check(bytes, last) : this.#recode(bytes, last);
    const zero = piece.bytes.indexOf(0);
    if (zero === -1) return piece;
    return {
      bytes: piece.bytes.subarray(0, zero),
      fault: `a zero byte: this is no text, or UTF-16 without a mark (then say encoding: 'utf-16le' or 'utf-16be')`,
    };
  }

  #check(bytes: Uint8Array, last: boolean): Utf8Piece {
    try {
      this.#decoder.decode(bytes, { stream: !last });
    } catch {
      return this.#locate(bytes);
    }
    this.#cut = cutCharacter(joined(this.#cut, bytes.subarray(-3)));
    return { bytes, fault: undefined };
  }

  #locate(bytes: Uint8Array): Utf8Piece {
    const all = joined(this.#cut, bytes);
    let valid = 0;
    let invalid = all.length + 1;
    while (invalid - valid > 1) {
      const middle = (valid + invalid) >>> 1;
      if (isUtf8(all.subarray(0, middle))) valid = middle;
      else invalid = middle;
    }
    // A character that began and did not go on is at fault from its first byte.
    valid -= cutCharacter(all.subarray(Math.max(0, valid - 3), valid)).length;
    const good = bytes.subarray(0, Math.max(0, valid - this.#cut.length));
    return { bytes: good, fault: badByte(all, valid) };
  }

  #recode(bytes: Uint8Array, last: boolean): Utf8Piece {
    let text = this.#decoder.decode(bytes, { stream: !last });
    if (this.#decoder.encoding === 'windows-1252') text = asWindows1252(text);
    const bad = text.indexOf('\ufffd');
    if (bad === -1) return { bytes: this.#encoder!.encode(text), fault: undefined };
    return {
      bytes: this.#encoder!.encode(text.slice(0, bad)),
      fault: `these bytes are not ${this.#decoder.encoding}; name the right encoding, as in encoding: 'windows-1252'`,
    };
  }
}

const NOTHING = new Uint8Array(0);

function asWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]!);
}

function decoderOf(operation: string, encoding: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new ConfigError(
      `${operation}: there is no encoding ${JSON.stringify(encoding)}; expected a name that TextDecoder knows, such as utf-8, utf-16le, windows-1252 or shift_jis`,
      { cause },
    );
  }
}

function markOf([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return undefined;
}

/** Whether these bytes are UTF-8 as far as they go. */
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** @returns the bytes at the end, at most 3, that begin a character and do not end it */
function cutCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.slice(bytes.length - back) : NOTHING;
  }
  return NOTHING;
}

function badByte(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length || isUtf8(bytes.subarray(at))) {
    return 'the text ends in the middle of a character; is the file complete?';
  }
  const read = asWindows1252(new TextDecoder('windows-1252').decode(bytes.slice(at, at + 1)));
  return `the byte 0x${bytes[at]!.toString(16)} is not UTF-8 (in Windows-1252 it would be ${JSON.stringify(read)}); save the file as UTF-8, or name its encoding, as in encoding: 'windows-1252'`;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

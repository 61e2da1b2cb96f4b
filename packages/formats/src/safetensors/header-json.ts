// The JSON of a safetensors header, and no more of JSON than that: objects, arrays, strings and
// unsigned integers. `JSON.parse` will not do: it keeps the last of two equal keys without a word, so
// that two readers may see two different files. Objects become Maps, so a key such as `__proto__` is
// a key like any other. Time and memory are linear in the text, nesting is bounded.

import { FormatError } from '../format-error.js';

/** What a header is made of. */
export type HeaderValue = string | number | HeaderValue[] | HeaderObject;

/** A JSON object with its keys in the order of the text. */
export type HeaderObject = Map<string, HeaderValue>;

/** header object > tensor object > shape array. */
const MAX_DEPTH = 3;

/** Half of a surrogate pair on its own: not a character, and not writable as UTF-8. */
export const LONE_SURROGATE = /\p{Cs}/u;

/**
 * Reads a header.
 *
 * @throws FormatError for anything but one object of the subset above: a syntax error, a key that
 *   stands twice in one object, a number that is not an unsigned safe integer, nesting deeper than 3
 */
export function parseHeaderJson(text: string): HeaderObject {
  const reader = new HeaderReader(text);
  const header = reader.readObject(1);
  reader.expectEnd();
  return header;
}

class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readObject(depth: number): HeaderObject {
    const object: HeaderObject = new Map();
    this.#expect('{');
    if (this.#take('}')) return object;
    do {
      const key = this.#readString();
      if (object.has(key)) throw this.#wrong(`the key ${JSON.stringify(key)} stands twice`);
      this.#expect(':');
      object.set(key, this.#readValue(depth + 1));
    } while (this.#take(','));
    this.#expect('}');
    return object;
  }

  expectEnd(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#wrong('more follows after the closing brace');
  }

  #readValue(depth: number): HeaderValue {
    this.#skipSpace();
    const next = this.#text[this.#at];
    if (next === '"') return this.#readString();
    if (next !== '{' && next !== '[') return this.#readInteger();
    if (depth > MAX_DEPTH) throw this.#wrong(`nesting is deeper than ${MAX_DEPTH}`);
    return next === '{' ? this.readObject(depth) : this.#readArray(depth);
  }

  #readArray(depth: number): HeaderValue[] {
    const array: HeaderValue[] = [];
    this.#expect('[');
    if (this.#take(']')) return array;
    do array.push(this.#readValue(depth + 1));
    while (this.#take(','));
    this.#expect(']');
    return array;
  }

  #readInteger(): number {
    const digits = /(?:0|[1-9]\d*)/y;
    digits.lastIndex = this.#at;
    const found = digits.exec(this.#text)?.[0];
    if (found === undefined) {
      throw this.#wrong('expected a string, an unsigned integer, an array or an object');
    }
    const value = Number(found);
    if (!Number.isSafeInteger(value)) throw this.#wrong('a number is larger than 2^53 - 1');
    this.#at += found.length;
    return value;
  }

  #readString(): string {
    this.#skipSpace();
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#wrong('expected a string');
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    if (end >= this.#text.length) throw this.#wrong('a string does not end');
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(start, end + 1));
    } catch (cause) {
      throw this.#wrong('a string holds an invalid escape or a control character', { cause });
    }
    if (LONE_SURROGATE.test(value)) throw this.#wrong('a string holds half a surrogate pair');
    this.#at = end + 1;
    return value;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#wrong(`expected ${character}`);
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && ' \n\r\t'.includes(this.#text[this.#at]!)) this.#at += 1;
  }

  #wrong(what: string, options?: ErrorOptions): FormatError {
    return new FormatError(
      `safetensors: the header is not valid: ${what} (character ${this.#at} of ${this.#text.length})`,
      options,
    );
  }
}

// The header of a .npy file: a literal of Python, and no more of Python than that: one dict with the keys descr,
// fortran_order and shape, in any order, of a string, a boolean and a tuple. Invariant: time is linear in the text.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html; _read_array_header in NumPy.
import { FormatError, quote } from '../format-error.js';

export interface NpyHeader {
  /** The type, such as `<f4`. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** A mark; a string; True or False; a tuple of numbers (with the L of Python 2); the beginning of a list. */
const TOKEN =
  /\s*(?:(?<mark>[{}:,])|'(?<single>[^'\\]*)'|"(?<double>[^"\\]*)"|(?<truth>True|False)|\((?<tuple>[\d\sL,]*)\)|(?<list>\[))/y;

type Token = string | boolean | readonly number[] | { readonly mark: string };

/**
 * @param what the file is called in messages
 * @throws FormatError for anything but such a literal
 */
export function parseNpyHeader(text: string, what: string): NpyHeader {
  const fields = new HeaderReader(text, what).readDict();
  const wrong = (why: string): FormatError => invalid(what, text, why);
  const { descr, fortran_order: fortranOrder, shape, ...others } = Object.fromEntries(fields);
  if (typeof descr !== 'string') throw wrong('descr is no string');
  if (typeof fortranOrder !== 'boolean') throw wrong('fortran_order is neither True nor False');
  if (!isTuple(shape)) throw wrong('shape is no tuple of lengths');
  const [other] = Object.keys(others);
  if (other !== undefined) throw wrong(`there is no key ${quote(other)}`);
  return { descr, fortranOrder, shape };
}

function invalid(what: string, text: string, why: string): FormatError {
  return new FormatError(`${what}: its header ${quote(text.trim())} is not valid: ${why}`);
}

class HeaderReader {
  readonly #text: string;
  readonly #what: string;
  #at = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
  }

  /** The whole text. */
  readDict(): Map<string, Token> {
    const fields = new Map<string, Token>();
    this.#expect('{', this.#next());
    let token = this.#next();
    while (!isMark(token, '}')) {
      if (typeof token !== 'string') throw this.#wrong('a key is missing');
      if (fields.has(token)) throw this.#wrong(`the key ${quote(token)} stands twice`);
      this.#expect(':', this.#next());
      fields.set(token, this.#next());
      token = this.#next();
      if (isMark(token, '}')) break;
      this.#expect(',', token);
      token = this.#next();
    }
    if (this.#text.slice(this.#at).trim() !== '') throw this.#wrong('more follows');
    return fields;
  }

  #next(): Token {
    TOKEN.lastIndex = this.#at;
    const groups = TOKEN.exec(this.#text)?.groups;
    if (!groups) throw this.#wrong('something else stands there');
    this.#at = TOKEN.lastIndex;
    const { mark, single, double, truth, tuple } = groups;
    if (mark !== undefined) return { mark };
    if (truth !== undefined) return truth === 'True';
    if (tuple !== undefined) return this.#lengths(tuple);
    const string = single ?? double;
    if (string !== undefined) return string;
    throw new FormatError(
      `${this.#what}: holds records of several fields; give an array for each field`,
    );
  }

  /** `3, 4`, `3,` and nothing; `3` alone is a number in brackets and no tuple. */
  #lengths(tuple: string): number[] {
    const parts = tuple.split(',').map((part) => part.trim().replace(/L$/, ''));
    if (parts.at(-1) === '') parts.pop();
    else if (parts.length === 1) throw this.#wrong('a tuple of one number has a comma');
    return parts.map((part) => {
      const size = Number(part);
      if (/^\d+$/.test(part) && Number.isSafeInteger(size)) return size;
      throw this.#wrong(`${quote(part)} is no length`);
    });
  }

  #expect(mark: string, token: Token): void {
    if (!isMark(token, mark)) throw this.#wrong(`expected ${mark}`);
  }

  #wrong(why: string): FormatError {
    return invalid(this.#what, this.#text, `${why} (at character ${this.#at})`);
  }
}

function isMark(token: Token, mark: string): boolean {
  return typeof token === 'object' && 'mark' in token && token.mark === mark;
}

function isTuple(token: Token | undefined): token is readonly number[] {
  return Array.isArray(token);
}

// Checks of values that came over the network: each takes an unknown value and gives it back typed, or throws.
// Invariant: what a check returns holds only what it looked at: objects are rebuilt from the fields it knows, bytes
// are copied. It is not a validation library; it has what the control messages need.
import { MAX_TEXT_CHARACTERS, MAX_URL_CHARACTERS } from './limits.js';
import { show, WireError } from './wire-error.js';

/** @throws WireError naming the place `at` ("join.threads"), what is expected and what is there. */
export type Check<T> = (value: unknown, at: string) => T;

/** A check for each field of T, and no other. */
export type Fields<T> = { readonly [K in keyof T]-?: Check<T[K]> };

function refuse(at: string, expected: string, got: unknown): never {
  throw new WireError(`${at}: expected ${expected}, got ${show(got)}`);
}

/** An object with exactly these fields; `also` sees it afterwards, for what holds between fields. */
export function record<T extends object>(
  fields: Fields<T>,
  also?: (value: T, at: string) => void,
): Check<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, at) => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
      refuse(at, 'an object', value);
    }
    const present = Object.keys(value);
    for (const name of present) {
      if (!Object.hasOwn(fields, name)) refuse(at, `only ${names.join(', ')}`, name);
    }
    const rebuilt: Partial<T> = {};
    for (const name of names) {
      if (!Object.hasOwn(value, name)) throw new WireError(`${at}: "${name}" is missing`);
      rebuilt[name] = fields[name]((value as T)[name], `${at}.${name}`);
    }
    also?.(rebuilt as T, at);
    return rebuilt as T;
  };
}

export function literal<T extends string>(...allowed: readonly T[]): Check<T> {
  return (value, at) =>
    (allowed as readonly unknown[]).includes(value)
      ? (value as T)
      : refuse(at, allowed.map((one) => `"${one}"`).join(' or '), value);
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value, at) => (value === null ? null : check(value, at));
}

export function integer(least: number, most: number): Check<number> {
  return (value, at) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : refuse(at, `an integer from ${least} to ${most}`, value);
}

/** A number that is neither NaN nor infinite. */
export function finite(least = -Number.MAX_VALUE): Check<number> {
  return (value, at) =>
    Number.isFinite(value) && (value as number) >= least
      ? (value as number)
      : refuse(at, least < 0 ? 'a finite number' : `a finite number from ${least}`, value);
}

/** A finite number above zero. */
export const positive: Check<number> = (value, at) =>
  Number.isFinite(value) && (value as number) > 0
    ? (value as number)
    : refuse(at, 'a finite number above 0', value);

function matching(pattern: RegExp, least: number, most: number, expected: string): Check<string> {
  return (value, at) =>
    typeof value === 'string' &&
    value.length >= least &&
    value.length <= most &&
    pattern.test(value)
      ? value
      : refuse(at, expected, value);
}

/** `digits` lower-case hexadecimal digits. */
export function hex(digits: number): Check<string> {
  return matching(/^[0-9a-f]*$/, digits, digits, `${digits} hexadecimal digits, lower-case`);
}

/** Letters, marks, numbers, punctuation, symbols and plain spaces: nothing that moves a cursor or turns text around. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

/** 1 to `most` printable characters. */
export function name(most: number): Check<string> {
  return matching(PRINTABLE, 1, most, `1 to ${most} printable characters`);
}

/** Printable text for people, possibly empty; `printable()` makes any text fit. */
export const text: Check<string> = matching(
  PRINTABLE,
  0,
  MAX_TEXT_CHARACTERS,
  `at most ${MAX_TEXT_CHARACTERS} printable characters`,
);

/** A stable word for programs; the codes of links' close reasons are of the same form. */
export const code: Check<string> = matching(
  /^[a-z][a-z0-9-]*$/,
  1,
  32,
  '1 to 32 lower-case letters, digits and dashes, a letter first',
);

/** What a run calls a dataset: metrics are named after it. */
export const datasetName: Check<string> = matching(
  /^[A-Za-z][A-Za-z0-9_-]*$/,
  1,
  32,
  'a letter, and up to 31 letters, digits, - and _',
);

/** Any text of 1 to `most` characters that is well-formed Unicode; its meaning is checked by who reads it. */
export function document(most: number): Check<string> {
  return (value, at) =>
    typeof value === 'string' && value.length >= 1 && value.length <= most && !/\p{Cs}/u.test(value)
      ? value
      : refuse(at, `1 to ${most} characters`, value);
}

/** An address with its scheme, in printable ASCII; what it may be otherwise is the business of the transport that dials it. */
export const address: Check<string> = (value, at) =>
  typeof value === 'string' &&
  value.length <= MAX_URL_CHARACTERS &&
  /^[a-z][a-z\d+.-]*:[!-~]+$/.test(value)
    ? value
    : refuse(at, `an address SCHEME:… of at most ${MAX_URL_CHARACTERS} characters`, value);

/** `least` to `most` bytes, a multiple of `multiple`; copied. */
export function bytes(least: number, most: number, multiple = 1): Check<Uint8Array> {
  const size = least === most ? `${most} bytes` : `${least} to ${most} bytes`;
  const expected = multiple === 1 ? size : `${size}, a multiple of ${multiple}`;
  return (value, at) =>
    value instanceof Uint8Array &&
    value.length >= least &&
    value.length <= most &&
    value.length % multiple === 0
      ? new Uint8Array(value)
      : refuse(at, expected, value);
}

export function list<T>(of: Check<T>, least: number, most: number): Check<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      refuse(at, `an array of ${least} to ${most}`, value);
    }
    return Array.from(value, (one: unknown, i) => of(one, `${at}[${i}]`));
  };
}

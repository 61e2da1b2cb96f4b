// A field becomes a float32: decimal notation, as spreadsheets and programs write it.
// Invariant: the value is that of Math.fround(Number(text)), to the bit; what Number() takes beyond that ('', '0x10',
// 'Infinity') is no number here. A field that is none is explained: what it is, and what to do.

const SPACE = 32;
const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const LOWER_E = 101;
const UPPER_E = 69;

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

// Powers of ten that a double holds exactly: so a quotient or product of one and an exact integer is rounded once.
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

const UTF8 = new TextDecoder();

/**
 * Reads [from, to) of UTF-8 bytes; blanks around are left out.
 *
 * @param decimal the decimal mark's byte
 * @returns the nearest float32 of the nearest double; ±Infinity beyond float32's range; NaN if this is no decimal number
 *
 * Up to 15 digits and a power of ten up to 22 are computed exactly (Clinger, How to read floating point numbers accurately,
 * 1990). Of more digits the first 15 bound the number from both sides; rounding is monotone, so if both bounds round to the
 * same float32 the number does. What remains goes to Number().
 */
export function readFloat(bytes: Uint8Array, from: number, to: number, decimal: number): number {
  let at = from;
  let end = to;
  while (at < end && bytes[at]! <= SPACE) at++;
  while (end > at && bytes[end - 1]! <= SPACE) end--;
  const start = at;
  const isNegative = bytes[at] === MINUS;
  if (at < end && (isNegative || bytes[at] === PLUS)) at++;
  // What most numbers are: few digits, maybe a mark among them, no exponent.
  const digitsEnd = end - at <= EXACT_DIGITS + 1 ? end : at;
  let mantissa = 0;
  let mark = -1;
  const first = at;
  for (; at < digitsEnd; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (bytes[at] === decimal && mark === -1) mark = at;
    else break;
  }
  const digits = at - first - (mark === -1 ? 0 : 1);
  if (at < end || digits === 0 || digits > EXACT_DIGITS) {
    return readAny(bytes, start, first, end, decimal);
  }
  const size = mark === -1 ? mantissa : mantissa / POWERS_OF_TEN[at - mark - 1]!;
  return Math.fround(isNegative ? -size : size);
}

/** @see readFloat; `first` is the place after the sign */
function readAny(
  bytes: Uint8Array,
  start: number,
  first: number,
  end: number,
  decimal: number,
): number {
  let at = first;
  let mantissa = 0;
  let significant = 0;
  let scale = 0;
  let digits = 0;
  let isFraction = false;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      digits++;
      if (significant < EXACT_DIGITS) {
        mantissa = mantissa * 10 + digit;
        if (mantissa > 0) significant++;
        if (isFraction) scale--;
      } else {
        significant++;
        if (!isFraction) scale++;
      }
    } else if (bytes[at] === decimal && !isFraction) isFraction = true;
    else break;
  }
  if (digits === 0) return Number.NaN;
  if (at < end) {
    if (bytes[at] !== LOWER_E && bytes[at] !== UPPER_E) return Number.NaN;
    const exponent = readExponent(bytes, at + 1, end);
    if (Number.isNaN(exponent)) return Number.NaN;
    scale += exponent;
  }
  const isNegative = bytes[start] === MINUS;
  if (mantissa === 0) return isNegative ? -0 : 0;
  if (scale >= -22 && scale <= 22) {
    const least = Math.fround(scaled(mantissa, scale));
    if (significant <= EXACT_DIGITS || Math.fround(scaled(mantissa + 1, scale)) === least) {
      return isNegative ? -least : least;
    }
  }
  const text = UTF8.decode(bytes.subarray(start, end));
  return Math.fround(Number(text.replace(',', '.')));
}

function scaled(mantissa: number, scale: number): number {
  return scale < 0 ? mantissa / POWERS_OF_TEN[-scale]! : mantissa * POWERS_OF_TEN[scale]!;
}

function readExponent(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (at < end && (isNegative || bytes[at] === PLUS)) at++;
  if (at === end) return Number.NaN;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    exponent = exponent * 10 + digit;
  }
  return isNegative ? -exponent : exponent;
}

/** Words for a value that is not there, in lower case; '' is one too. */
const MISSING = new Set([
  '',
  'na',
  'n/a',
  '#n/a',
  'nan',
  'null',
  'nil',
  'none',
  'missing',
  '?',
  '-',
  '.',
]);

/** Whether a field says that there is no value. */
export function isMissing(text: string): boolean {
  return MISSING.has(text.toLowerCase());
}

/** What looks like a number written in decimals: a point or a comma, an exponent. */
export function isDecimal(text: string): boolean {
  return /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i.test(text);
}

const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [/^[+-]?0x[\da-f]+$/i, 'it is hexadecimal; write it in decimals'],
  [
    /^[+-]?inf(inity)?$/i,
    'it is infinite; leave such rows out, or put the largest value that makes sense',
  ],
  [/^[\u2010-\u2015\u2212]\s*[\d.,]/, 'its sign is not the minus of a keyboard; write -'],
  [
    /^[+-]?\d{1,3}([,.' _\u00a0\u202f\u2019]\d{3})+[,.' _\u00a0\u202f\u2019]\d+$/,
    'it has separators of thousands; write it without them',
  ],
  [
    /^[+-]?\d{1,3}([' _\u00a0\u202f\u2019]\d{3})+$/,
    'it has separators of thousands; write it without them',
  ],
];

/**
 * @param decimal what the table uses
 * @returns why a field is no finite float32, and what to do
 */
export function explainNumber(text: string, decimal: '.' | ','): string {
  const known = EXPLANATIONS.find(([pattern]) => pattern.test(text));
  let why = known?.[1];
  if (isMissing(text)) why = 'the value is missing; leave such rows out, or fill them in';
  else if (isDecimal(text)) {
    const other = decimal === '.' ? ',' : '.';
    why = !text.includes(other)
      ? 'it is beyond the range of float32 (3.4e38)'
      : decimal === '.'
        ? "it has a decimal comma (then say decimal: ',') or separators of thousands (write it without them)"
        : "it has a decimal point, and the option says decimal: ','; leave the option out, or write it without separators of thousands";
  } else if (why === undefined && /^[+-]?[\d.,]+(e[+-]?\d+)?$/i.test(text)) {
    why = 'it has separators of thousands; write it without them';
  }
  return `${shown(text)} is not a finite float32 number: ${why ?? 'it is text; number the words, or leave the column out with the option columns'}`;
}

/** A field as errors show it: in quotes, and no longer than a line. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

// Tables of text become datasets: one column is the target, the others are inputs.
// Invariant: text, bytes and streams are read by the same code, so they give the same dataset and the same errors. No Node
// API: this half runs in a browser, as `@lockstep/data/csv`. Files are csv-file.ts.
// Not for text as inputs: words are no numbers, and nothing here makes some of them.
import { DataError } from '@lockstep/core';
import { describeValue } from '@lockstep/errors';
import { CSV_OPTIONS, type CsvDataset, type CsvOptions, settingsOf } from './csv/options.js';
import { CsvReader } from './csv/reader.js';

export type { CsvDataset, CsvOptions } from './csv/options.js';

const TEXT_PIECE = 1 << 18;
const BYTES_PIECE = 1 << 20;

/**
 * A table that is in memory, as text or as bytes.
 *
 * @returns inputs [rows, columns − 1] as float32 with divisor 1, in the columns' order; targets [rows]
 *   as class indices, or [rows, 1] float32 values
 * @throws DataError that names line and column if a row has too few or too many fields, a field is not
 *   a finite number, or a class is not one of `classes`; ConfigError if an option is none
 */
export function parseCsv(table: string | Uint8Array, options: CsvOptions): CsvDataset {
  const settings = settingsOf(options, CSV_OPTIONS);
  if (typeof table !== 'string' && !isBytes(table)) {
    throw new DataError(
      `${settings.operation}: expected text or bytes (a Uint8Array), got ${describeValue(table)}${aboutPromise(table)}`,
    );
  }
  const reader = new CsvReader(settings);
  for (const piece of typeof table === 'string' ? piecesOf(table) : partsOf(table)) {
    reader.push(piece);
  }
  return reader.end();
}

/**
 * A table that comes in pieces: a download, an upload, standard input. Nothing is kept of it but its numbers.
 *
 * @see parseCsv; what the stream throws comes out as it is
 */
export async function parseCsvStream(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CsvOptions,
): Promise<CsvDataset> {
  const settings = settingsOf(options, CSV_OPTIONS);
  if (!isIterable(pieces)) {
    throw new DataError(
      `${settings.operation}: expected pieces of bytes, as the body of a response or a file's stream gives them, got ${describeValue(pieces)}${aboutPromise(pieces)}`,
    );
  }
  const reader = new CsvReader(settings);
  for await (const piece of pieces) {
    if (!isBytes(piece)) {
      throw new DataError(
        `${settings.operation}: expected pieces of bytes (Uint8Array), got ${describeValue(piece)}`,
      );
    }
    reader.push(piece);
  }
  return reader.end();
}

function isIterable(value: unknown): boolean {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(value);
  return typeof later === 'function' || typeof now === 'function';
}

function aboutPromise(value: unknown): string {
  return typeof Object(value).then === 'function' ? '; await it' : '';
}

/** Of any realm: a test runner's arrays are not always its host's. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]';
}

function* piecesOf(text: string): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length; ) {
    let to = Math.min(text.length, at + TEXT_PIECE);
    // A pair of surrogates is one character.
    if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
    yield encoder.encode(text.slice(at, to));
    at = to;
  }
}

function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += BYTES_PIECE) yield bytes.subarray(at, at + BYTES_PIECE);
}

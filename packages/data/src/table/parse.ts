// Text becomes a table: CSV, TSV or JSON lines, whole or in pieces.
// Invariant: text, bytes and streams are read by the same code, so they give the same table and the same errors. No Node API.
import { DataError } from '@lockstep/core';
import { describeValue } from '@lockstep/errors';
import { CsvTableReader } from './csv-table.js';
import { JsonLinesReader } from './json-lines.js';
import { type TableOptions, type TableSettings, tableSettings } from './options.js';
import type { Table } from './table.js';

const PIECE = 1 << 18;
/** Bytes that say whether a text is JSON lines. */
const HEAD_BYTES = 64;

/** Reads pieces of bytes in the format that the settings or the first bytes say. */
export class TableReader {
  readonly #settings: TableSettings;
  #reader: CsvTableReader | JsonLinesReader | undefined;
  #head = new Uint8Array(0);

  constructor(settings: TableSettings) {
    this.#settings = settings;
  }

  /** Rows read so far. */
  get rows(): number {
    return this.#reader?.rows ?? 0;
  }

  push(bytes: Uint8Array): void {
    if (this.#reader) {
      this.#reader.push(bytes);
      return;
    }
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    this.#head = head;
    if (head.length >= HEAD_BYTES) this.#begin();
  }

  end(): Table {
    if (!this.#reader) this.#begin();
    return this.#reader!.end();
  }

  #begin(): void {
    const start = new TextDecoder().decode(this.#head.subarray(0, HEAD_BYTES));
    const isJson =
      this.#settings.format === 'json-lines' ||
      (this.#settings.format === undefined && /^\s*\{\s*(["}]|$)/.test(start));
    this.#reader = isJson
      ? new JsonLinesReader(this.#settings)
      : new CsvTableReader(this.#settings);
    this.#reader.push(this.#head);
    this.#head = new Uint8Array(0);
  }
}

/**
 * A table that is in memory, as text or as bytes.
 *
 * Columns in which every value is a number are numbers, in float64; all others are text. Missing values are known as such.
 *
 * @throws DataError that names line and column if a row has too few or too many fields or a column is not what its first
 *   rows were; ConfigError if an option is none
 */
export function parseTable(text: string | Uint8Array, options: TableOptions = {}): Table {
  const settings = tableSettings(options);
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  if (Object.prototype.toString.call(bytes) !== '[object Uint8Array]') {
    throw new DataError(
      `${settings.operation}: expected text or bytes (a Uint8Array), got ${describeValue(text)}`,
    );
  }
  const reader = new TableReader(settings);
  for (let at = 0; at < bytes.length; at += PIECE) reader.push(bytes.subarray(at, at + PIECE));
  return reader.end();
}

/**
 * A table that comes in pieces: a download, an upload, standard input.
 *
 * @see parseTable; what the stream throws comes out as it is
 */
export async function parseTableStream(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: TableOptions = {},
): Promise<Table> {
  return readPieces(pieces, tableSettings(options));
}

/** @throws DataError if these are no pieces of bytes */
export async function readPieces(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  settings: TableSettings,
): Promise<Table> {
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(pieces);
  const reader = new TableReader(settings);
  if (typeof later !== 'function' && typeof now !== 'function') {
    throw new DataError(
      `${settings.operation}: expected pieces of bytes, as a stream gives them, got ${describeValue(pieces)}`,
    );
  }
  for await (const piece of pieces) {
    if (
      Object.prototype.toString.call(piece) !== '[object Uint8Array]' &&
      !(piece instanceof Uint8Array)
    ) {
      throw new DataError(
        `${settings.operation}: expected pieces of bytes (Uint8Array), got ${describeValue(piece)}`,
      );
    }
    reader.push(piece);
  }
  return reader.end();
}

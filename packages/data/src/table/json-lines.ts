// JSON lines become a table: one object a line, its keys are the columns.
// Invariant: a line is looked at when it is whole; what is held is the columns and the line at hand. A key that an object lacks
// is a missing value, as null is. Lists and objects inside are refused: they are no cells.
// Source: jsonlines.org.
import { DataError } from '@lockstep/core';
import { describeValue } from '@lockstep/errors';
import { GrowingColumn } from './growing-column.js';
import type { TableSettings } from './options.js';
import { Table } from './table.js';

const LF = 10;
/** A line longer than this is refused: most likely a file of another kind. */
const MAX_LINE_BYTES = 1 << 24;

export class JsonLinesReader {
  rows = 0;
  readonly #settings: TableSettings;
  readonly #columns = new Map<string, GrowingColumn>();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #line = 1;
  #rest = new Uint8Array(0);

  constructor(settings: TableSettings) {
    this.#settings = settings;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, from)) {
      this.#take(this.#joined(bytes.subarray(from, at)));
      this.#rest = new Uint8Array(0);
      this.#line++;
      from = at + 1;
    }
    this.#rest = this.#joined(bytes.subarray(from));
    if (this.#rest.length > MAX_LINE_BYTES) {
      throw this.#fault(
        `the line is longer than ${MAX_LINE_BYTES >> 20} MiB; are these JSON lines?`,
      );
    }
  }

  end(): Table {
    this.#take(this.#rest);
    const { columns, name, operation, types } = this.#settings;
    if (this.rows === 0) throw new DataError(`${operation}: no rows; expected one object a line`);
    const there = [...this.#columns.keys()];
    const asked = (columns ?? there).map((column) =>
      typeof column === 'number' ? (there[column] ?? `${column}`) : column,
    );
    for (const column of [...asked, ...Object.keys(types)]) {
      if (this.#columns.has(column)) continue;
      throw new DataError(
        `${operation}: there is no column ${JSON.stringify(column)}; there are ${there.slice(0, 12).join(', ')}`,
      );
    }
    return new Table(name, new Map(asked.map((one) => [one, this.#columns.get(one)!.finish()])));
  }

  #joined(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const both = new Uint8Array(this.#rest.length + bytes.length);
    both.set(this.#rest);
    both.set(bytes, this.#rest.length);
    return both;
  }

  #take(bytes: Uint8Array): void {
    let row: unknown;
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
      if (text.trim() === '') return;
      row = JSON.parse(text);
    } catch (cause) {
      throw this.#fault(`not JSON: ${(cause as Error).message}; expected one object a line`);
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw this.#fault(`expected an object such as {"age": 41}, got ${describeValue(row)}`);
    }
    const cells = Object.entries(row);
    for (const [name, value] of cells) this.#cell(name, value, text);
    for (const [name, column] of this.#columns) {
      if (!Object.hasOwn(row, name)) column.addMissing();
    }
    this.rows++;
  }

  /** @param text of the line */
  #cell(name: string, value: unknown, text: string): void {
    let column = this.#columns.get(name);
    if (column === undefined) {
      const { types } = this.#settings;
      column = new GrowingColumn(Object.hasOwn(types, name) ? types[name] : undefined);
      for (let row = 0; row < this.rows; row++) column.addMissing();
      this.#columns.set(name, column);
    }
    const fault = (what: string): Error => this.#fault(`${JSON.stringify(name)}: ${what}`);
    if (value === null || value === '') column.addMissing();
    else if (typeof value === 'number') {
      if (isRounded(value, text)) {
        throw fault(
          'a whole number of more digits than float64 holds; write it as text, in quotes',
        );
      }
      column.add(String(value), value, fault);
    } else if (typeof value === 'string' || typeof value === 'boolean') {
      if (this.#settings.isMissing(String(value))) column.addMissing();
      else column.add(String(value), undefined, fault);
    } else throw fault(`expected a number, a text or null, got ${describeValue(value)}`);
  }

  #fault(what: string): DataError {
    return new DataError(`${this.#settings.operation}: line ${this.#line}: ${what}`);
  }
}

/** Whether a whole number is another one than the line says: two order numbers must not become one. */
function isRounded(value: number, text: string): boolean {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return false;
  const size = Math.abs(value);
  const same = [String(size), String(BigInt(size))];
  const written = text.match(/\d{16,}/g) ?? [];
  return written.some((digits) => Number(digits) === size && !same.includes(digits));
}

// A table in memory: columns by name, each of numbers or of text, where a value may be missing.
// Invariant: all columns have the table's number of rows, names are distinct, and nothing of it is written again.
// Not a dataset: nothing is said of what is learnt; `prepare` makes datasets of it.
import { type Cell, ConfigError, DataError, type NamedRow } from '@lockstep/core';
import { describeValue } from '@lockstep/errors';

/** float64; NaN where a value is missing. */
export type NumberValues = Float64Array;
/** undefined where a value is missing. */
export type TextValues = readonly (string | undefined)[];
export type ColumnValues = NumberValues | TextValues;

/** Columns by name, of numbers or texts. */
export class Table {
  readonly name: string;
  readonly rows: number;
  /** Of the columns, in order. */
  readonly names: readonly string[];
  readonly #columns: ReadonlyMap<string, ColumnValues>;

  /** @throws DataError if columns differ in length, or there are none */
  constructor(name: string, columns: ReadonlyMap<string, ColumnValues>) {
    const [first] = columns.values();
    if (first === undefined)
      throw new DataError(`table ${name}: no columns; expected at least one`);
    for (const [column, { length }] of columns) {
      if (length === first.length) continue;
      throw new DataError(
        `table ${name}: column ${JSON.stringify(column)} has ${length} rows, the first column has ${first.length}; expected as many in each`,
      );
    }
    this.name = name;
    this.rows = first.length;
    this.names = [...columns.keys()];
    this.#columns = columns;
  }

  /** @returns its values, [rows]: numbers, NaN where missing, or texts; undefined if there is no such column */
  column(name: string): ColumnValues | undefined {
    return this.#columns.get(name);
  }

  /** @returns whether a column holds numbers or text; undefined if there is none of that name */
  typeOf(name: string): 'numbers' | 'text' | undefined {
    const values = this.#columns.get(name);
    return values && (isNumbers(values) ? 'numbers' : 'text');
  }

  /**
   * One row by names, missing values as undefined.
   *
   * @throws ConfigError if there is no such row
   */
  row(index: number): NamedRow {
    if (!(Number.isInteger(index) && index >= 0 && index < this.rows)) {
      throw new ConfigError(
        `table ${this.name}: row is ${describeValue(index)}; expected a whole number from 0 to ${this.rows - 1}`,
      );
    }
    const cells = this.names.map((name): [string, Cell] => {
      const value = this.#columns.get(name)![index];
      return [name, Number.isNaN(value) ? undefined : value];
    });
    return Object.fromEntries(cells);
  }

  /** These rows, in this order. */
  take(indices: Uint32Array): Table {
    return this.#each((values) =>
      isNumbers(values)
        ? Float64Array.from(indices, (index) => values[index]!)
        : Array.from(indices, (index) => values[index]),
    );
  }

  /** Rows [from, to). */
  slice(from: number, to: number): Table {
    return this.#each((values) => values.slice(from, to));
  }

  #each(change: (values: ColumnValues) => ColumnValues): Table {
    const columns = [...this.#columns].map(([name, values]) => [name, change(values)] as const);
    return new Table(this.name, new Map(columns));
  }
}

export function isNumbers(values: ColumnValues): values is NumberValues {
  return values instanceof Float64Array;
}

/**
 * A table of what is in memory already.
 *
 * @param source a list for each column, `{ age: [41, 35], district: ['north', null] }`, or a list of rows
 *   `[{ age: 41, district: 'north' }, …]`
 * @throws DataError if columns differ in length or a value is neither number nor text
 */
export function tableOf(
  source: Readonly<Record<string, ArrayLike<Cell>>> | readonly NamedRow[],
  name = 'table',
): Table {
  if (typeof source !== 'object' || source === null) {
    throw new DataError(
      `tableOf: expected a list for each column, or a list of rows; got ${describeValue(source)}`,
    );
  }
  const lists: Readonly<Record<string, ArrayLike<Cell>>> = Array.isArray(source)
    ? columnsIn(source)
    : (source as Readonly<Record<string, ArrayLike<Cell>>>);
  const columns = Object.entries(lists).map(
    ([column, cells]) => [column, valuesOf(column, cells)] as const,
  );
  return new Table(name, new Map(columns));
}

function columnsIn(rows: readonly NamedRow[]): Record<string, ArrayLike<Cell>> {
  const bad = rows.findIndex((row) => typeof row !== 'object' || row === null);
  if (bad >= 0) {
    throw new DataError(`tableOf: row ${bad} is ${describeValue(rows[bad])}; expected an object`);
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
}

function valuesOf(column: string, cells: ArrayLike<Cell>): ColumnValues {
  if (typeof cells !== 'object' || cells === null || typeof cells.length !== 'number') {
    throw new DataError(
      `tableOf: column ${JSON.stringify(column)} is ${describeValue(cells)}; expected a list of numbers or texts`,
    );
  }
  const list = Array.from(cells);
  const isNumber = (cell: Cell): boolean => typeof cell === 'number' || typeof cell === 'bigint';
  const bad = list.findIndex((cell) => !isNumber(cell) && !isTextual(cell));
  const infinite = list.findIndex((cell) => cell === Infinity || cell === -Infinity);
  for (const row of [bad, infinite]) {
    if (row < 0) continue;
    throw new DataError(
      `tableOf: row ${row}, ${JSON.stringify(column)}: ${describeValue(list[row])} is neither a finite number nor a text`,
    );
  }
  const isMissing = (cell: Cell): boolean =>
    cell === undefined || cell === null || cell === '' || Number.isNaN(cell);
  if (list.every((cell) => isNumber(cell) || isMissing(cell))) {
    return Float64Array.from(list, (cell) => (isMissing(cell) ? Number.NaN : Number(cell)));
  }
  return list.map((cell) => (isMissing(cell) ? undefined : String(cell)));
}

function isTextual(cell: Cell): boolean {
  return (
    cell === undefined || cell === null || typeof cell === 'string' || typeof cell === 'boolean'
  );
}

// Rows of named columns, however they lie: one object a row, or a table of columns.
// Invariant: a column that is asked for and not there is refused with the nearest name, before any cell is looked at.
import { describeValue, nearestName } from '@lockstep/errors';
import { DataError } from '../errors.js';
import type { Cell } from './cells.js';

/** A row by its columns' names: `{ age: 41, district: 'north' }`. Columns that nobody asks for are not looked at. */
export type NamedRow = Readonly<Record<string, Cell>>;

/** Columns by name, each as long as there are rows. */
export interface Columns {
  readonly rows: number;
  readonly names: readonly string[];
  /** @returns undefined if there is none of that name */
  column(name: string): ArrayLike<Cell> | undefined;
}

/** Rows of named columns: one, a list of them, or a table. */
export type NamedRows = NamedRow | readonly NamedRow[] | Columns;

/** Whether rows lie as a table, so that one row is a list of one, too. */
export function isColumns(value: NamedRows): value is Columns {
  const { rows, names, column } = value as Partial<Columns>;
  return typeof rows === 'number' && Array.isArray(names) && typeof column === 'function';
}

/** Whether these are rows of named columns, rather than numbers. */
export function isNamedRows(value: unknown): value is NamedRows {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (!Array.isArray(value)) return !('length' in value && typeof value.length === 'number');
  const [first] = value as readonly unknown[];
  return !Array.isArray(first) && isNamedRows(first);
}

/** @throws DataError if these are no rows */
export function toColumns(operation: string, given: NamedRows): Columns {
  if (!isNamedRows(given)) {
    throw new DataError(
      `${operation}: expected rows of named columns, as { age: 41, district: 'north' }, or a table; got ${describeValue(given)}`,
    );
  }
  if (isColumns(given)) return given;
  const rows = Array.isArray(given) ? (given as readonly NamedRow[]) : [given as NamedRow];
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) && isNamedRows(row)) continue;
    throw new DataError(
      `${operation}: row ${i} is ${describeValue(row)}; expected an object of named columns`,
    );
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    rows: rows.length,
    names,
    column: (name) =>
      names.includes(name)
        ? rows.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined))
        : undefined,
  };
}

/**
 * @param isOptional whether every value of it may be missing
 * @throws DataError if there is none of that name
 */
export function requireColumn(
  operation: string,
  columns: Columns,
  name: string,
  isOptional = false,
): ArrayLike<Cell> {
  const found = columns.column(name);
  if (found) return found;
  const near = nearestName(name, columns.names);
  if (isOptional && near === undefined) return new Array<Cell>(columns.rows).fill(undefined);
  const most = 12;
  const shown = columns.names.slice(0, most).map((one) => JSON.stringify(one));
  const rest = columns.names.length - shown.length;
  throw new DataError(
    `${operation}: there is no column ${JSON.stringify(name)}; ${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}there are ${shown.join(', ') || 'none'}${rest > 0 ? ` and ${rest} more` : ''}`,
  );
}

// What the first record says: how many columns there are, what they are called, which are inputs and which is the target.
// Invariant: a name that is asked for stands for one column only, and a first record that looks like data names nothing.
import { DataError } from '@lockstep/core';
import { nearestName } from '@lockstep/errors';
import { isDecimal, isMissing, shown } from './number.js';
import type { Settings } from './options.js';

export interface Columns {
  readonly names: readonly string[];
  /** Index of the target's column. */
  readonly target: number;
  /** Indices of the inputs' columns, in the inputs' order. */
  readonly inputs: readonly number[];
}

/**
 * @param first the first record's fields
 * @throws DataError if it is data where names are expected, or a column that is asked for is not there or not one
 */
export function columnsOf(
  first: readonly string[],
  line: number,
  delimiterByte: number,
  settings: Settings,
): Columns {
  const { header, operation, columns } = settings;
  if (first.length < 2) {
    const delimiter = JSON.stringify(String.fromCharCode(delimiterByte));
    const other = ['|', '\t', ';', ',', ':', ' '].find((mark) => first[0]!.includes(mark));
    const hint = other === undefined ? '' : `; should it be ${JSON.stringify(other)}?`;
    throw new DataError(
      `${operation}: line ${line}: one column only, ${shown(first[0]!)}; expected the target and at least one input (the delimiter is ${delimiter}${hint})`,
    );
  }
  const names = header === false ? first.map((_, i) => `column ${i}`) : first;
  if (header === undefined) checkNames(first, line, settings);
  const target = find(settings.target, 'target', names, settings);
  const inputs = columns
    ? columns.map((column) => find(column, 'input', names, settings))
    : names.flatMap((_, i) => (i === target ? [] : [i]));
  if (inputs.includes(target)) {
    throw new DataError(
      `${operation}: ${shown(names[target]!)} is the target and an input; expected only one of them`,
    );
  }
  const twice = columns && inputs.find((column, i) => inputs.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new DataError(
      `${operation}: ${shown(names[twice]!)} is given twice in columns; expected each once`,
    );
  }
  if (inputs.length === 0)
    throw new DataError(`${operation}: columns is empty; expected at least one input`);
  if (columns === undefined) checkDistinct(names, line, operation);
  return { names, target, inputs };
}

/** A first line whose inputs are numbers is a sample that would be lost. */
function checkNames(first: readonly string[], line: number, settings: Settings): void {
  const { target, columns, operation } = settings;
  const isNamed = [target, ...(columns ?? [])].some(
    (column) => typeof column === 'string' && first.includes(column) && !isDecimal(column),
  );
  if (isNamed) return;
  const isNumberOrMissing = (field: string) => isDecimal(field) || isMissing(field);
  const inputs = columns
    ? columns.map((column) => (typeof column === 'number' ? (first[column] ?? '') : column))
    : first.filter((_, i) => i !== target);
  // A target that is named, and not here, is one of these fields; it may be a word.
  const words = inputs.filter((field) => !isNumberOrMissing(field)).length;
  const wordsAllowed = typeof target === 'string' && columns === undefined ? 1 : 0;
  if (words > wordsAllowed || !inputs.some(isDecimal)) return;
  throw new DataError(
    `${operation}: line ${line}: the first row is ${listed(first)}, where names of columns are expected; if it is data, say header: false and give the target as an index; if these are names, say header: true`,
  );
}

function find(
  column: string | number,
  what: 'target' | 'input',
  names: readonly string[],
  { operation, header }: Settings,
): number {
  if (typeof column === 'number') {
    if (names[column] !== undefined) return column;
    throw new DataError(
      `${operation}: no ${what} column ${column}; expected one of 0 to ${names.length - 1}`,
    );
  }
  const index = names.indexOf(column);
  const second = names.indexOf(column, index + 1);
  if (index !== -1 && second !== -1) {
    throw new DataError(
      `${operation}: two columns are called ${shown(column)} (${index} and ${second}); give the ${what}'s index instead`,
    );
  }
  if (index !== -1) return index;
  const near = nearestName(column, names);
  const known =
    header === false
      ? `an index from 0 to ${names.length - 1}, since the columns have no names`
      : `one of ${listed(names)}`;
  throw new DataError(
    `${operation}: no ${what} column ${shown(column)}; ${near === undefined || header === false ? `expected ${known}` : `did you mean ${shown(near)}? There are ${listed(names)}`}`,
  );
}

function checkDistinct(names: readonly string[], line: number, operation: string): void {
  const places = new Map<string, number>();
  names.forEach((name, i) => {
    const before = places.get(name);
    if (name === '') {
      const why =
        i === names.length - 1
          ? 'does every line end with a delimiter?'
          : 'pandas writes its row numbers so: index=False leaves them out';
      throw new DataError(
        `${operation}: line ${line}: column ${i} has no name (${why}); name it, or choose the inputs with the option columns`,
      );
    }
    if (before !== undefined) {
      throw new DataError(
        `${operation}: line ${line}: two columns are called ${shown(name)} (${before} and ${i}); rename one, or choose the inputs by index with the option columns`,
      );
    }
    places.set(name, i);
  });
}

/** The first of them; a table can have thousands. */
function listed(names: readonly string[]): string {
  const most = 12;
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? `, … (${rest} more)` : '');
}

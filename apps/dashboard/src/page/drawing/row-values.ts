// The numbers of a sample as the row of a table that they were made of: what was standardised is in its column's unit again, and
// of several categories the row's own is told.
// Invariant: the shortest decimal that becomes the same float32 stands for a number, so a row that is asked about again gives the
// bits that it was read from.
import type { DatasetTraits, InputColumn, Preparation } from '@lockstep/core';

export interface RowValue {
  readonly column: string;
  readonly value: number | string;
}

type NumberColumn = Exclude<InputColumn, { readonly kind: 'one-hot' | 'bag-of-words' }>;

/** Of a category that is none of those that the model knows. */
export const NO_CATEGORY = 'none of them';

/** @param inputs of one sample, as a preparation makes them */
export function rowValues({ inputs: columns }: Preparation, inputs: ArrayLike<number>): RowValue[] {
  let at = 0;
  return columns.map((column) => {
    const width = widthOf(column);
    const own = Array.from({ length: width }, (_, i) => inputs[at + i]!);
    at += width;
    return { column: column.column, value: cellOf(column, own) };
  });
}

/** The sample's row, where its numbers have names: of a table that was prepared, or by the names of inputs. */
export function namedRow(
  { preparation, inputNames }: DatasetTraits,
  inputs: ArrayLike<number>,
): RowValue[] {
  if (preparation) return rowValues(preparation, inputs);
  return Array.from(inputs, (value, i) => ({
    column: inputNames?.[i] ?? `input ${i + 1}`,
    value: shortest(value),
  }));
}

export interface TargetValue {
  /** Undefined where it has no name. */
  readonly column: string | undefined;
  readonly value: number;
}

/** What is right for a sample, in the unit of the target's columns. @param targets of one sample */
export function targetValues(
  { preparation }: DatasetTraits,
  targets: ArrayLike<number>,
): TargetValue[] {
  const columns = preparation?.targets ?? [];
  return Array.from(targets, (value, i) => {
    const column = columns.length === targets.length ? columns[i] : undefined;
    if (column === undefined || column.kind === 'class') {
      return { column: undefined, value: shortest(value) };
    }
    return { column: column.column, value: numberOf(column, value) };
  });
}

/** Of a float32 the shortest decimal that is it. */
export function shortest(value: number): number {
  return shortestThat(value, (decimal) => Math.fround(decimal) === value);
}

function widthOf(column: InputColumn): number {
  if (column.kind === 'one-hot') return column.categories.length;
  return column.kind === 'bag-of-words' ? column.words.length : 1;
}

function cellOf(column: InputColumn, own: readonly number[]): number | string {
  switch (column.kind) {
    case 'one-hot':
      return column.categories[own.indexOf(1)] ?? NO_CATEGORY;
    case 'bag-of-words':
      return column.words.flatMap((word, i) => Array(Math.round(own[i]!)).fill(word)).join(' ');
    default:
      return numberOf(column, own[0]!);
  }
}

/** The number that a column had, from what it became. */
function numberOf(column: NumberColumn, prepared: number): number {
  const { before, divisor, factor, after } = scalingOf(column);
  // A column that was constant may have been made one number, whatever it was.
  const about = factor === 0 ? before : ((prepared - after) / factor) * divisor + before;
  return shortestThat(
    about,
    (decimal) => Math.fround(((decimal - before) / divisor) * factor + after) === prepared,
  );
}

/** As a preparation computes it: (x − before) ÷ divisor × factor + after. */
function scalingOf(column: NumberColumn) {
  switch (column.kind) {
    case 'pass-through':
      return { before: 0, divisor: 1, factor: 1, after: 0 };
    case 'standardise':
      return { before: column.mean, divisor: column.deviation, factor: 1, after: 0 };
    case 'min-max': {
      const { least, most, low, high } = column;
      return { before: least, divisor: most - least || 1, factor: high - low, after: low };
    }
  }
}

function shortestThat(value: number, is: (decimal: number) => boolean): number {
  for (let digits = 1; digits < 17; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (is(decimal)) return decimal;
  }
  return value;
}

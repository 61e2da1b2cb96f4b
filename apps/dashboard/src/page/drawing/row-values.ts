// The inputs of a sample as the row of a table that they were made of: what was standardised is in its column's unit again, and
// of several categories the row's own is told.
import type { InputColumn, Preparation } from '@lockstep/core';

export interface RowValue {
  readonly column: string;
  readonly value: number | string;
}

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

function widthOf(column: InputColumn): number {
  if (column.kind === 'one-hot') return column.categories.length;
  return column.kind === 'bag-of-words' ? column.words.length : 1;
}

function cellOf(column: InputColumn, own: readonly number[]): number | string {
  const [first = 0] = own;
  switch (column.kind) {
    case 'pass-through':
      return first;
    case 'standardise':
      return first * column.deviation + column.mean;
    case 'min-max': {
      const { least, most, low, high } = column;
      return ((first - low) / (high - low || 1)) * (most - least || 1) + least;
    }
    case 'one-hot':
      return column.categories[own.indexOf(1)] ?? 'none of them';
    case 'bag-of-words':
      return column.words.filter((_, i) => own[i]! > 0).join(' ');
  }
}

// The fields of a form for a row: a model that was trained on named columns knows which there are, and what may stand in them.
// Invariant: what a form gives is a row as it stands in a table; preparing it is the model's.
import type { DatasetTraits, InputColumn } from '@lockstep/core';
import type { RowValue } from '../drawing/row-values.js';

export type Field =
  | { readonly kind: 'number'; readonly column: string; readonly first: number }
  | {
      readonly kind: 'choice';
      readonly column: string;
      readonly first: string;
      readonly choices: readonly string[];
    }
  | { readonly kind: 'text'; readonly column: string; readonly first: string };

/** A model of more columns without a preparation is given its numbers in one field. */
const MOST_FIELDS = 64;

/** Undefined where inputs have no names, or come in parts. */
export function fieldsOf({
  preparation,
  inputNames,
  inputParts,
  inputShape,
}: DatasetTraits): Field[] | undefined {
  if (inputParts) return undefined;
  // A column may become several inputs by several rules.
  if (preparation) {
    const columns = new Map(preparation.inputs.map((input) => [input.column, input]));
    return [...columns.values()].map(fieldOf);
  }
  const size = inputShape.reduce((all, length) => all * length, 1);
  if (inputNames?.length !== size || size > MOST_FIELDS) return undefined;
  return inputNames.map((column) => ({ kind: 'number', column, first: 0 }));
}

function fieldOf(input: InputColumn): Field {
  const { column } = input;
  switch (input.kind) {
    case 'one-hot':
      return {
        kind: 'choice',
        column,
        first: input.missing ?? input.categories[0] ?? '',
        choices: input.categories,
      };
    case 'bag-of-words':
      return { kind: 'text', column, first: input.words.slice(0, 3).join(' ') };
    case 'standardise':
      return { kind: 'number', column, first: rounded(input.mean) };
    case 'min-max':
      return {
        kind: 'number',
        column,
        first: rounded((input.least + input.most) / 2),
      };
    case 'pass-through':
      return { kind: 'number', column, first: input.missing ?? 0 };
  }
}

/** To four digits that count. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** What is in the fields, by column. */
export type FormRow = Readonly<Record<string, string>>;

export function firstRow(fields: readonly Field[]): FormRow {
  return Object.fromEntries(fields.map(({ column, first }) => [column, String(first)]));
}

/** A sample's row, for the fields; of a column that became several inputs the first one tells it. */
export function rowOf(values: readonly RowValue[]): FormRow {
  const cells = values.map(({ column, value }): [string, string] => [column, String(value)]);
  return Object.fromEntries(cells.reverse());
}

/**
 * What a person wrote into one field as numbers: apart by commas, blanks, semicolons or new lines.
 *
 * @returns the first that is none, in words, where there is one
 */
export function readNumbers(text: string): number[] | string {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const bad = parts.find((part) => !Number.isFinite(Number(part)));
  return bad === undefined ? parts.map(Number) : `${JSON.stringify(bad)} is no number`;
}

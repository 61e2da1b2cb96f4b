// Rows become inputs, as a preparation says it.
// Invariant: a sample's inputs depend on its row alone, so one row asked for by itself gives the bits that it gives in a table.
import { checkOptions, describeValue, nearestName } from '@lockstep/errors';
import { DataError } from '../errors.js';
import { type Cell, isMissingCell, numberIn, placesIn, placesOf, textIn } from './cells.js';
import {
  type BagOfWordsColumn,
  type InputColumn,
  type NumberColumn,
  type OneHotColumn,
  type Preparation,
  scalingOf,
  widthOf,
  wordsOf,
} from './preparation.js';
import { type NamedRows, requireColumn, toColumns } from './rows.js';

/** What `applyPreparation` gives. */
export interface PreparedInputs {
  readonly samples: number;
  /** [samples, width], row-major. */
  readonly inputs: Float32Array;
  /** [width]: the shape of one sample. */
  readonly inputShape: readonly [number];
}

/** What `applyPreparation` takes. */
export interface ApplyOptions {
  /** For errors; `predict` unless given. */
  readonly operation?: string;
  /** What errors call the first row; 0 unless given, the place in a list. */
  readonly firstRow?: number;
  /** Memory for the inputs; an ArrayBuffer unless given. */
  readonly allocate?: (bytes: number) => ArrayBufferLike;
}

/**
 * @param rows one row `{ age: 41, district: 'north' }`, a list of them, or a table; other columns may hold anything
 * @throws DataError that names row and column if a column is not there, a value is missing or no number where that is not
 *   foreseen, a category is unknown, or what comes of a number is beyond float32
 */
export function applyPreparation(
  preparation: Pick<Preparation, 'inputs'>,
  rows: NamedRows,
  options: ApplyOptions = {},
): PreparedInputs {
  checkOptions('applyPreparation', options, { operation: true, firstRow: true, allocate: true });
  const { operation = 'predict', firstRow = 0 } = options;
  const { allocate = (bytes) => new ArrayBuffer(bytes) } = options;
  const columns = toColumns(operation, rows);
  const width = preparation.inputs.reduce((sum, input) => sum + widthOf(input), 0);
  const samples = columns.rows;
  const inputs = new Float32Array(allocate(4 * samples * width));
  let at = 0;
  for (const input of preparation.inputs) {
    const isOptional = input.missing !== undefined;
    const cells = requireColumn(operation, columns, input.column, isOptional);
    const fault = (row: number, what: string): DataError =>
      new DataError(
        `${operation}: row ${firstRow + row}, ${JSON.stringify(input.column)}: ${what}`,
      );
    const place = { to: inputs, at, width, fault };
    write(input, cells, samples, place);
    at += widthOf(input);
  }
  return { samples, inputs, inputShape: [width] };
}

interface Place {
  readonly to: Float32Array;
  /** Of the first row; the next row's is `width` further. */
  readonly at: number;
  readonly width: number;
  readonly fault: (row: number, what: string) => DataError;
}

function write(input: InputColumn, cells: ArrayLike<Cell>, rows: number, place: Place): void {
  if (input.kind === 'one-hot') writeCategories(input, cells, rows, place);
  else if (input.kind === 'bag-of-words') writeWords(input, cells, rows, place);
  else writeNumbers(input, cells, rows, place);
}

/** [rows] of a column of numbers go where the place says, each rounded to float32 once. */
export function writeNumbers(
  column: NumberColumn,
  cells: ArrayLike<Cell>,
  rows: number,
  { to, at, width, fault }: Place,
): void {
  const { before, divisor, factor, after } = scalingOf(column);
  for (let row = 0; row < rows; row++) {
    const cell = isMissingCell(cells[row]) ? column.missing : cells[row];
    const number = numberIn(cell);
    if (number === undefined) throw fault(row, explainNumber(cell));
    const value = Math.fround(((number - before) / divisor) * factor + after);
    if (!Number.isFinite(value)) {
      throw fault(row, `${number} becomes ${value}, which is not a finite float32 number`);
    }
    to[at + row * width] = value;
  }
}

function explainNumber(cell: Cell): string {
  if (isMissingCell(cell)) {
    return "the value is missing; expected a number. Leave such rows out, or prepare the data with missing: 'mean' or a constant";
  }
  return `${describeValue(cell)} is not a finite number; expected a number, or prepare the column with oneHot if these are categories`;
}

function writeCategories(
  { categories, unknown, missing }: OneHotColumn,
  cells: ArrayLike<Cell>,
  rows: number,
  { to, at, width, fault }: Place,
): void {
  const placeOf = placesOf(categories);
  for (let row = 0; row < rows; row++) {
    const category = textOr(cells[row], missing, (what) => fault(row, what));
    const found = placeOf(category);
    if (found !== undefined) to[at + row * width + found] = 1;
    else if (unknown === 'refuse') throw fault(row, explainCategory(category, categories));
  }
}

function writeWords(
  { words, missing }: BagOfWordsColumn,
  cells: ArrayLike<Cell>,
  rows: number,
  { to, at, width, fault }: Place,
): void {
  const places = placesIn(words);
  for (let row = 0; row < rows; row++) {
    for (const word of wordsOf(textOr(cells[row], missing, (what) => fault(row, what)))) {
      const place = places.get(word);
      if (place !== undefined) to[at + row * width + place]! += 1;
    }
  }
}

function textOr(
  cell: Cell,
  missing: string | undefined,
  fault: (what: string) => DataError,
): string {
  const text = isMissingCell(cell) ? missing : textIn(cell);
  if (text !== undefined) return text;
  throw fault(
    isMissingCell(cell)
      ? 'the value is missing; leave such rows out, or prepare the data with a constant for what is missing'
      : `${describeValue(cell)} is neither a text nor a number`,
  );
}

/** Of a category that is none of those that are known. */
export function explainCategory(category: string, known: readonly string[]): string {
  const near = nearestName(category, known);
  const most = 12;
  const shown = known.slice(0, most).join(', ');
  const rest = known.length > most ? `, … (${known.length})` : '';
  return `${describeValue(category)} is none of the categories that were learnt: ${shown}${rest}${near === undefined ? '' : ` (did you mean ${JSON.stringify(near)}?)`}. Prepare the column with unknown: 'ignore' if others may come`;
}

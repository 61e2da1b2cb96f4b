// Tables of text become datasets: one column is the target, every other one an input.
// Invariant: fields are cut as RFC 4180 says (quotes, doubled quotes, line breaks inside quotes; CRLF
// or LF; a byte-order mark and empty lines at the end are skipped) and every error names the line and
// the column. Classes are ordered by value or by code units, never by the locale.
// Not for tables that do not fit in memory as text.
import { readFile } from 'node:fs/promises';
import { DataError, type Dataset } from '@lockstep/core';
import { sharedFloat32, sharedInt32 } from './shared.js';

export interface CsvOptions {
  /** The target's column: its name in the header, or its index from 0. */
  readonly target: string | number;
  readonly task: 'classification' | 'regression';
  /** Whether the first line names the columns; yes unless given. */
  readonly header?: boolean;
  /** One character; a comma unless given. */
  readonly delimiter?: string;
  /** The classes in order, where they are not simply those that occur (a test table may lack some). */
  readonly classes?: readonly string[];
  /** Of the dataset; `csv`, or the file's path, unless given. Errors use it too. */
  readonly name?: string;
}

/** A dataset that remembers what its columns and classes were called. */
export interface CsvDataset extends Dataset {
  /** One name for each input, in order. */
  readonly inputNames: readonly string[];
  /** Class i is classNames[i]; undefined for regression. */
  readonly classNames: readonly string[] | undefined;
}

interface CsvRecord {
  /** Of its first character in the text, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

// What a decimal number looks like; Number() alone would also take '', '0x10' and 'Infinity'.
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^(0|-?[1-9]\d{0,14})$/;

/** @see parseCsv; the file is UTF-8. The system's error if it cannot be read. */
export async function readCsv(path: string, options: CsvOptions): Promise<CsvDataset> {
  return parseCsv(await readFile(path, 'utf8'), { name: path, ...options });
}

/**
 * @returns inputs [rows, columns − 1] as float32 with divisor 1, in the columns' order; targets [rows]
 *   as class indices or float32 values
 * @throws DataError that names line and column if a row has too few or too many fields, a field is not
 *   a finite number, or a class is not one of `classes`
 */
export function parseCsv(text: string, options: CsvOptions): CsvDataset {
  const { name = 'csv', header = true, delimiter = ',', task } = options;
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw new DataError(
      `read ${name}: the delimiter ${JSON.stringify(delimiter)} is not usable; expected one character`,
    );
  }
  const records = splitRecords(text, delimiter, name);
  const width = records[0]?.fields.length ?? 0;
  const columns = header
    ? records.shift()?.fields.map((field) => field.trim())
    : Array.from({ length: width }, (_, i) => `column ${i}`);
  if (columns === undefined || records.length === 0) {
    throw new DataError(
      `read ${name}: no rows; expected at least one${header ? ' below the header' : ''}`,
    );
  }
  const target = targetColumn(options.target, columns, name);
  if (width < 2) {
    throw new DataError(
      `read ${name}: one column only; expected the target and at least one input (is the delimiter ${JSON.stringify(delimiter)} right?)`,
    );
  }
  checkWidths(records, width, name);
  const where = (record: CsvRecord, column: number) =>
    `read ${name}: line ${record.line}, ${JSON.stringify(columns[column])}`;
  const inputs = readInputs(records, width, target, where);
  const classNames =
    task === 'classification' ? findClasses(records, target, options, where) : undefined;
  return {
    name,
    samples: records.length,
    inputShape: [width - 1],
    inputs,
    inputDivisor: 1,
    targetShape: classNames ? [] : [1],
    targets: classNames
      ? readClasses(records, target, classNames, where)
      : readValues(records, target, where),
    classes: classNames?.length,
    inputNames: columns.filter((_, i) => i !== target),
    classNames,
  };
}

type Where = (record: CsvRecord, column: number) => string;

function splitRecords(text: string, delimiter: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  const end = text.length - (/[\r\n]*$/.exec(text)?.[0].length ?? 0);
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  while (at < end) {
    const start = line;
    const fields: string[] = [];
    for (;;) {
      if (text[at] === '"') {
        const field = readQuoted(text, at, `read ${name}: line ${line}`);
        fields.push(field.value);
        line += field.lineBreaks;
        at = field.next;
      } else {
        const from = at;
        while (at < end && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
        fields.push(text.slice(from, at));
      }
      if (text[at] === delimiter && at < end) {
        at++;
        continue;
      }
      if (at < end && text[at] !== '\n' && text[at] !== '\r') {
        throw new DataError(
          `read ${name}: line ${line}: ${JSON.stringify(text[at])} after a closing quote; expected a delimiter or the line's end (a quote inside quotes is doubled)`,
        );
      }
      break;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    records.push({ line: start, fields });
  }
  return records;
}

function readQuoted(text: string, open: number, where: string) {
  let at = open;
  let value = '';
  do {
    const close = text.indexOf('"', at + 1);
    if (close === -1) throw new DataError(`${where}: a quote is opened and never closed`);
    if (at !== open) value += '"';
    value += text.slice(at + 1, close);
    at = close + 1;
  } while (text[at] === '"');
  return { value, next: at, lineBreaks: value.split(/\r\n|\r|\n/).length - 1 };
}

function targetColumn(target: string | number, columns: readonly string[], name: string): number {
  const index = typeof target === 'number' ? target : columns.indexOf(target);
  if (typeof target === 'string' && columns.indexOf(target, index + 1) > index && index >= 0) {
    throw new DataError(
      `read ${name}: two columns are called ${JSON.stringify(target)}; give the target's index instead`,
    );
  }
  if (columns[index] === undefined) {
    const known = typeof target === 'number' ? `0 to ${columns.length - 1}` : columns.join(', ');
    throw new DataError(
      `read ${name}: no target column ${JSON.stringify(target)}; expected one of ${known}`,
    );
  }
  return index;
}

function checkWidths(records: readonly CsvRecord[], width: number, name: string): void {
  for (const { line, fields } of records) {
    if (fields.length !== width) {
      throw new DataError(
        `read ${name}: line ${line} has ${fields.length} fields, expected ${width} as in the first line`,
      );
    }
  }
}

function readNumber(record: CsvRecord, column: number, where: Where): number {
  const field = record.fields[column]!.trim();
  const value = DECIMAL.test(field) ? Math.fround(Number(field)) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new DataError(
      `${where(record, column)}: ${JSON.stringify(field)} is not a finite float32 number`,
    );
  }
  return value;
}

function readInputs(
  records: readonly CsvRecord[],
  width: number,
  target: number,
  where: Where,
): Float32Array {
  const inputs = sharedFloat32(records.length * (width - 1));
  let at = 0;
  for (const record of records) {
    for (let column = 0; column < width; column++) {
      if (column !== target) inputs[at++] = readNumber(record, column, where);
    }
  }
  return inputs;
}

function readValues(records: readonly CsvRecord[], target: number, where: Where): Float32Array {
  const values = sharedFloat32(records.length);
  records.forEach((record, i) => {
    values[i] = readNumber(record, target, where);
  });
  return values;
}

/** Integers are ordered by value, so that 10 comes after 9; anything else by code units. */
function findClasses(
  records: readonly CsvRecord[],
  target: number,
  { classes }: CsvOptions,
  where: Where,
): readonly string[] {
  if (classes !== undefined) {
    const twice = classes.find((label, i) => classes.indexOf(label) !== i);
    if (twice === undefined) return [...classes];
    throw new DataError(
      `read csv: class ${JSON.stringify(twice)} is given twice; expected each once`,
    );
  }
  const found = new Set<string>();
  for (const record of records) {
    const label = record.fields[target]!.trim();
    if (label === '') throw new DataError(`${where(record, target)}: empty; expected a class`);
    found.add(label);
  }
  const names = [...found];
  if (names.every((label) => INTEGER.test(label))) {
    return names.sort((a, b) => Number(a) - Number(b));
  }
  return names.sort();
}

function readClasses(
  records: readonly CsvRecord[],
  target: number,
  classNames: readonly string[],
  where: Where,
): Int32Array {
  const indices = new Map(classNames.map((label, i) => [label, i]));
  const labels = sharedInt32(records.length);
  records.forEach((record, i) => {
    const label = record.fields[target]!.trim();
    const index = indices.get(label);
    if (index === undefined) {
      throw new DataError(
        `${where(record, target)}: class ${JSON.stringify(label)} is not known; expected one of ${classNames.join(', ')}`,
      );
    }
    labels[i] = index;
  });
  return labels;
}

// Whatever somebody hands in becomes samples of a trained model: pictures, IDX images, tables, seen from the content.
// Invariant: every fault names the input, and a model that was prepared gets its columns by name.
import { gunzipSync } from 'node:zlib';
import {
  ConfigError,
  DataError,
  isNamedRows,
  type Preparation,
  type TrainedModel,
} from '@lockstep/core';
import { toSamples } from '@lockstep/core/internal';
import { idxImages, isIdx, parseTable, type Table } from '@lockstep/data';
import { type Inputs, inputSize } from './answers.js';
import { pictureSample } from './picture-rule.js';

export interface GivenSamples {
  /** Of whole samples, one after the other, not divided yet. */
  readonly inputs: Inputs;
  readonly kind: 'picture' | 'idx' | 'table';
}

/** Rows of a table are counted from 1, in answers and in what is wrong with them. */
export const FIRST_ROW = 1;

/** Most bytes of an input, unpacked. */
export const MAX_INPUT_BYTES = 2 ** 30;

/**
 * @param name of the input, for errors
 * @param limits of what it may become: pixels of a picture, bytes of what is unpacked
 * @throws DataError, ConfigError or ShapeError that names it if it is nothing that the model can be asked about
 */
export async function samplesOf(
  trained: TrainedModel,
  given: Uint8Array,
  name: string,
  limits: { readonly pixels?: number; readonly bytes?: number } = {},
): Promise<GivenSamples> {
  const { inputParts } = trained.traits;
  if (inputParts) {
    throw new ConfigError(
      `${name}: the model takes several inputs (${inputParts.map((part) => part.name).join(', ')}), which a file does not tell apart; \`lockstep serve\` takes them as JSON, by name`,
    );
  }
  const bytes = unpacked(given, name, limits.bytes ?? MAX_INPUT_BYTES);
  if (isPicture(bytes)) {
    return { inputs: await pictureSample(trained, bytes, name, limits.pixels), kind: 'picture' };
  }
  if (isIdx(bytes)) {
    return { inputs: toSamples(name, idxImages(bytes, name), trained.traits).inputs, kind: 'idx' };
  }
  if (bytes.length === 0) throw new DataError(`${name}: it is empty`);
  if (bytes.subarray(0, 512).includes(0) && !isUtf16(bytes)) {
    throw new DataError(
      `${name}: it is none of PNG, JPEG, IDX, CSV and JSON lines; convert it to one of them`,
    );
  }
  return { inputs: tableInputs(trained, bytes, name), kind: 'table' };
}

/** Whether it begins as a PNG or a JPEG does. */
export function isPicture(bytes: Uint8Array): boolean {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
  return isJpeg || (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e);
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/**
 * What gzip holds; anything else as it is.
 *
 * @throws DataError if it is damaged or holds more
 */
export function unpacked(bytes: Uint8Array, name: string, maxOutputLength: number): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DataError(`${name}: unpacked it has more than ${maxOutputLength} bytes`, { cause });
    }
    throw new DataError(`${name}: it cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
}

function tableInputs(trained: TrainedModel, bytes: Uint8Array, name: string): Inputs {
  const hasHeader = !isNumbers(bytes);
  const table = parseTable(bytes, { name, ...(!hasHeader && { header: false }) });
  const { traits, preparation } = trained;
  if (hasHeader && (preparation || hasAll(table, traits.inputNames))) {
    return toSamples(name, table, traits, FIRST_ROW).inputs;
  }
  const size = inputSize(trained);
  if (preparation) {
    throw new DataError(
      `${name}: the first line is numbers, and ${byName(preparation)}; expected a first line that names them`,
    );
  }
  if (table.names.length !== size) {
    const names = traits.inputNames
      ? ` (${traits.inputNames.slice(0, 8).join(', ')}${size > 8 ? ', …' : ''})`
      : '';
    throw new DataError(
      `${name}: ${table.names.length} columns, the model takes ${size} numbers a row${names}`,
    );
  }
  const numbers = rowsOf(table, name, size);
  return traits.vocabulary === undefined ? numbers : toSamples(name, numbers, traits).inputs;
}

function byName({ inputs }: Preparation): string {
  return `the model takes columns by name: ${inputs.map(({ column }) => column).join(', ')}`;
}

function rowsOf(table: Table, name: string, size: number): Float32Array {
  const inputs = new Float32Array(table.rows * size);
  for (const [i, column] of table.names.entries()) {
    if (table.typeOf(column) === 'text') {
      throw new DataError(`${name}: column ${JSON.stringify(column)} is text; expected numbers`);
    }
    const values = table.column(column) as Float64Array;
    for (let row = 0; row < table.rows; row++) {
      const value = values[row]!;
      if (!Number.isFinite(Math.fround(value))) {
        throw new DataError(
          `${name}: row ${row + FIRST_ROW}, column ${JSON.stringify(column)} is ${Number.isNaN(value) ? 'missing' : value}; expected a finite number`,
        );
      }
      inputs[row * size + i] = value;
    }
  }
  return inputs;
}

function hasAll(table: Table, names: readonly string[] | undefined): boolean {
  return names?.every((name) => table.names.includes(name)) === true;
}

/** Whether a text's first line is numbers alone, so that it names no columns. */
function isNumbers(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(10);
  const line = new TextDecoder().decode(bytes.subarray(0, end === -1 ? bytes.length : end)).trim();
  const fields = line.split(/[,;\t]/);
  return fields.every((field) => /^\s*"?[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"?\s*$/i.test(field));
}

/**
 * What JSON asks about: rows of numbers or of named columns, one or several, by themselves or as `{ "rows": … }`.
 *
 * @throws ConfigError, DataError or ShapeError if they are no inputs of the model
 */
export function jsonSamples(trained: TrainedModel, json: unknown, name: string): Inputs {
  const isWrapped =
    typeof json === 'object' && json !== null && Object.keys(json).join() === 'rows';
  const rows = isWrapped ? (json as { rows: unknown }).rows : json;
  if (typeof rows !== 'object' || rows === null) {
    throw new ConfigError(
      `${name}: expected a row of numbers, an object of named columns, or a list of these; got ${JSON.stringify(rows) ?? 'nothing'}`,
    );
  }
  if (Array.isArray(rows) && rows.length === 0) throw new DataError(`${name}: no rows`);
  if (!isNamedRows(rows)) refuseNumbers(trained, name);
  return toSamples(name, rows as never, trained.traits).inputs;
}

/** Numbers without names could be read as prepared, or divided, ones; whoever asks from elsewhere has neither. */
function refuseNumbers({ preparation, traits: { inputParts } }: TrainedModel, name: string): void {
  if (!preparation && !inputParts) return;
  const takes = preparation
    ? byName(preparation)
    : `the model takes inputs by name: ${inputParts!.map((part) => part.name).join(', ')}`;
  throw new DataError(`${name}: it is numbers, and ${takes}; expected objects of these`);
}

// What somebody asks a trained model about, made into the flat numbers that it computes with: a dataset, rows, one row, or
// a flat list; of named columns those that the model knows.
// Numbers are what the training data's inputs are: what that dataset divides, bytes or not, is divided here too, and a
// column that was prepared is given prepared. Only named columns are values as the table has them.
import { describeValue } from '@lockstep/errors';
import { type Dataset, type DatasetInput, toInputsOrTokens } from '../dataset.js';
import { checkInputs, type DatasetTraits, sameLayout } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';
import {
  areNamedInputs,
  areNamedSamples,
  joinInputs,
  type NamedInputs,
  turnSamples,
} from '../named-inputs.js';
import type { NumberSource } from '../numbers.js';
import { applyPreparation } from '../preparation/inputs.js';
import { isColumns, isNamedRows, type NamedRows } from '../preparation/rows.js';
import { product, sameShape } from '../shape.js';

/** What a dataset needs to be asked about: what is to be learnt is not looked at. */
export type InputDataset = Pick<DatasetInput, 'inputs' | 'inputShape' | 'inputDivisor'> &
  Partial<
    Pick<
      Dataset,
      'name' | 'samples' | 'vocabulary' | 'inputNames' | 'preparation' | 'inputParts' | 'tokenizer'
    >
  >;

/**
 * A dataset; numbers, as rows, which may hold lists again, as one row, or flat, row after row; or named columns, as one
 * object, a list of them, or a table; or, of a model whose inputs have names, the numbers of each input by its name, of one
 * sample, of several, or in a list of samples.
 */
export type SamplesInput =
  | InputDataset
  | NumberSource
  | NamedRows
  | NamedInputs
  | readonly NamedInputs[];

export interface Samples {
  /** [n, ...inputShape]. */
  readonly inputs: Dataset['inputs'];
  /** Whether it was one row, and not a list of rows with one in it. */
  readonly isOne: boolean;
}

/**
 * @param operation for errors
 * @param firstRow what errors call the first row of named columns
 * @throws ConfigError, ShapeError or DataError if these are no inputs of the network, or a value is missing, no number, or
 * not finite
 */
export function toSamples(
  operation: string,
  given: SamplesInput,
  traits: DatasetTraits,
  firstRow = 0,
): Samples {
  if (areNamedInputs(given, traits.inputParts))
    return joinInputs(operation, traits.inputParts!, given);
  if (areNamedSamples(given, traits.inputParts)) {
    const parts = traits.inputParts!;
    return { ...joinInputs(operation, parts, turnSamples(operation, parts, given)), isOne: false };
  }
  const place = { what: operation, value: 'input', shape: traits.inputShape };
  if (isDataset(given)) return { inputs: ofDataset(operation, given, traits), isOne: false };
  const fault = faultOf(given);
  if (fault !== undefined) throw new ConfigError(`${operation}: the input is ${fault}`);
  if (isNamedRows(given)) return ofColumns(operation, given, traits, firstRow);
  const divided = traits.inputParts?.find(({ divisor }) => divisor !== undefined);
  if (divided) {
    throw new ConfigError(
      `${operation}: the input is numbers without names, and the model divides "${divided.name}" by ${divided.divisor}; give its inputs by name: { ${traits.inputParts!.map(({ name }) => name).join(', ')} }`,
    );
  }
  const { isOne, isNested, shape } = layoutOf(given, traits.inputShape);
  const rows = isNested && isOne ? [given] : given;
  return { inputs: toInputsOrTokens(rows, traits.vocabulary, { ...place, shape }), isOne };
}

/** What is wrong with an input that is none, and what to do; undefined if it may be one. */
function faultOf(given: unknown): string | undefined {
  const expected = 'expected a dataset, rows, one row, or a flat typed array';
  if (typeof given !== 'object' || given === null) return `${describeValue(given)}; ${expected}`;
  if (isList(given)) return undefined;
  if (typeof (given as { then?: unknown }).then === 'function') return 'a promise; await it';
  if (given instanceof ArrayBuffer) return `an ArrayBuffer; ${expected} over it`;
  const dataset = Object.entries(given).find(([, value]) => isDataset(value));
  if (!dataset) return undefined;
  return `an object of datasets; give one of them, such as its ${dataset[0]}`;
}

function ofDataset(
  operation: string,
  data: InputDataset,
  traits: DatasetTraits,
): Dataset['inputs'] {
  const { name = 'unnamed', samples, inputShape, inputs } = data;
  const fault = `${operation}: the data ("${name}")`;
  checkInputs(fault, data, traits, 'the data that the model was trained on');
  const what = `${operation}: dataset "${name}"`;
  return toInputsOrTokens(inputs, traits.vocabulary, {
    ...{ what, value: 'input', shape: inputShape },
    ...(samples !== undefined && { samples }),
  });
}

/** Named columns need to be prepared as the training data was, or are the inputs by name. */
function ofColumns(
  operation: string,
  rows: NamedRows,
  traits: DatasetTraits,
  firstRow: number,
): Samples {
  const { inputNames, inputShape } = traits;
  const isNamed = inputNames?.length === product(inputShape);
  const inputs =
    traits.preparation?.inputs ??
    (isNamed ? inputNames.map((column) => ({ kind: 'pass-through', column }) as const) : undefined);
  if (!inputs) {
    throw new ConfigError(
      `${operation}: the input is named columns, and the model knows no names of its inputs; give numbers, ${product(inputShape)} a row`,
    );
  }
  const isOne = !Array.isArray(rows) && !isColumns(rows);
  return { inputs: applyPreparation({ inputs }, rows, { operation, firstRow }).inputs, isOne };
}

function isDataset(given: unknown): given is InputDataset {
  const { inputs, inputShape } = Object(given) as Partial<InputDataset>;
  return typeof inputs === 'object' && Array.isArray(inputShape);
}

interface Layout {
  readonly isOne: boolean;
  readonly isNested: boolean;
  /** Of one sample, as its lists have it. */
  readonly shape: readonly number[];
}

/**
 * One sample is flat numbers, as many as a sample has, or lists as its shape says; axes of length 1 may be missing. Lists
 * that could be read as rows, too, are rows, unless they have the sample's very shape.
 */
function layoutOf(given: ArrayLike<unknown>, shape: readonly number[]): Layout {
  const size = product(shape);
  const [, ...row] = lengthsOf(given);
  if (row.length === 0) return { isOne: given.length === size, isNested: false, shape };
  const whole = [given.length, ...row];
  if (sameShape(whole, shape)) return { isOne: true, isNested: true, shape };
  if (sameShape(row, [size])) return { isOne: false, isNested: true, shape };
  if (sameLayout(row, shape)) return { isOne: false, isNested: true, shape: row };
  if (sameLayout(whole, shape)) return { isOne: true, isNested: true, shape: whole };
  return { isOne: false, isNested: true, shape };
}

/** Lengths of a list and of the lists in it, as far as its first entries say. */
function lengthsOf(list: ArrayLike<unknown>): number[] {
  const lengths = [list.length];
  for (let first = list[0]; isList(first); first = first[0]) lengths.push(first.length);
  return lengths;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return typeof value === 'object' && value !== null && 'length' in value;
}

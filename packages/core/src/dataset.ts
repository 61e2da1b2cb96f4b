// Datasets as the engine sees them: flat typed arrays with a shape, nothing else.
// The arrays may lie in a SharedArrayBuffer, so that threads read one copy. Loading files is not done here.
import { describeValue, requireInteger, requireText } from '@lockstep/errors';
import { ConfigError, DataError } from './errors.js';
import {
  type NumberPlace,
  type NumberSource,
  toFloats,
  toInputs,
  toLabels,
  toTokens,
} from './numbers.js';
import { type NamedPart, validateParts } from './parts.js';
import { type PictureRule, validatePictureRule } from './picture-rule.js';
import type { Preparation } from './preparation/preparation.js';
import { isColumns, type NamedRows } from './preparation/rows.js';
import { formatShape } from './shape.js';
import type { Tokenizer } from './text/tokenizer.js';
import { MAX_VOCABULARY } from './tokens.js';

/** Samples and what is to be learnt of them, row-major, sample i at row i. */
export interface Dataset {
  readonly name: string;
  /** Number of samples. */
  readonly samples: number;
  /** Shape of one sample, without the batch axis: [1, 28, 28] for MNIST. */
  readonly inputShape: readonly number[];
  /**
   * [samples, ...inputShape]. Bytes stay bytes in memory and become float32 when a shard is gathered. With a vocabulary they
   * are tokens: bytes, or int32.
   */
  readonly inputs: Uint8Array | Int32Array | Float32Array;
  /** Of tokens: how many different ones there are; each input is in [0, vocabulary). Left out where inputs are numbers. */
  readonly vocabulary?: number | undefined;
  /** Each input is divided by this when gathered: 255 for pixels, 1 for what is already scaled. */
  readonly inputDivisor: number;
  /** Shape of one target: [] for a class label, [k] for k values, [T] for a class label at each of T positions. */
  readonly targetShape: readonly number[];
  /**
   * [samples, ...targetShape]: class labels in [0, classes) as integers, or float32 values. Of labels by position −100 stands
   * where one does not count.
   */
  readonly targets: Int32Array | Float32Array;
  /** Number of classes; undefined where targets are values. */
  readonly classes: number | undefined;
  /** Class i is called classNames[i]; left out where nobody knows names, or targets are values. */
  readonly classNames?: readonly string[] | undefined;
  /** Input i of a sample is called inputNames[i]; left out where nobody knows names. */
  readonly inputNames?: readonly string[] | undefined;
  /** Of inputs that have names: what a sample's row, [size], is made of. */
  readonly inputParts?: readonly NamedPart[] | undefined;
  /** Of targets that have names: what a row of them is made of. Class labels are rows of 0 and one 1 in it. */
  readonly targetParts?: readonly NamedPart[] | undefined;
  /** How rows of named columns became these inputs and targets; goes into the trained model. */
  readonly preparation?: Preparation | undefined;
  /** How a picture becomes the inputs of a sample; left out where samples are no pictures, or nobody knows. */
  readonly pictures?: PictureRule | undefined;
  /** How a text became these tokens; goes into the trained model. */
  readonly tokenizer?: Tokenizer | undefined;
}

/** A dataset as somebody made it by hand: its numbers may be in any list of numbers. */
export type DatasetInput = Omit<Dataset, 'inputs' | 'targets'> & {
  readonly inputs: NumberSource;
  readonly targets: NumberSource;
};

/**
 * Looks at every value of a dataset from outside, and makes its arrays those that the engine takes.
 *
 * @param operation for errors
 * @param role of the dataset, for errors: `the test data`
 * @returns the dataset itself, if its arrays are so already
 * @throws ConfigError if it is no dataset
 * @throws DataError if the arrays are not as long as the shapes say, a label is not a class, names are not one for each
 *   class, or a value is missing, no number, not finite, or a whole number that float32 cannot hold
 */
export function toDataset(operation: string, data: DatasetInput, role = 'data'): Dataset {
  if (!isDataset(data)) {
    throw new ConfigError(`${operation}: ${role} is ${noDataset(data)}`);
  }
  const { name = 'unnamed', samples, classes, classNames, inputNames, pictures } = data;
  const { inputShape, targetShape, inputDivisor, vocabulary } = data;
  requireText(operation, `the name of ${role}`, name);
  const what = `dataset "${name}"`;
  if (samples === 0) throw new DataError(`${what} has no samples`);
  checkWhole(`${what}: samples`, samples);
  checkLengths(`${what}: inputShape`, inputShape);
  checkLengths(`${what}: targetShape`, targetShape);
  if (classes !== undefined) checkWhole(`${what}: classes`, classes);
  checkClassNames(what, data);
  if (pictures !== undefined) validatePictureRule(what, pictures);
  const { inputParts, targetParts } = data;
  if (inputParts) validateParts(`${what}: inputParts`, inputParts, inputShape);
  if (targetParts) validateParts(`${what}: targetParts`, targetParts, targetShape);
  if (targetParts && classes !== undefined) {
    throw new DataError(`${what}: targets by name are values, and have no classes of their own`);
  }
  const inputs = toInputsOrTokens(data.inputs, vocabulary, {
    ...{ what, value: 'input', shape: inputShape, samples },
  });
  checkDivisor(what, inputDivisor, inputs);
  if (vocabulary !== undefined) checkTokens(what, data);
  const place = { what, value: 'target', shape: targetShape, samples };
  if (classes === undefined && targetShape.length === 0 && isIntegers(data.targets)) {
    throw new DataError(
      `${what}: the targets look like class labels, but there is no number of classes; give classes, or values as a Float32Array`,
    );
  }
  const targets =
    classes === undefined
      ? toFloats(data.targets, place)
      : toLabels(data.targets, { ...place, value: 'label' }, classes);
  // What a class inherits, its getters, would be lost when the dataset is copied.
  const isPlain = Object.getPrototypeOf(data) === Object.prototype;
  const isSame = inputs === data.inputs && targets === data.targets && name === data.name;
  if (isPlain && isSame) return data as Dataset;
  return {
    ...data,
    ...{ name, samples, inputShape, inputs, inputDivisor, targetShape, targets, classes },
    ...(classNames && { classNames }),
    ...(inputNames && { inputNames }),
  };
}

/** What it is, and how it becomes a dataset. */
function noDataset(data: unknown): string {
  const value = Object(data) as NamedRows & { readonly then?: unknown };
  if (typeof value.then === 'function') return 'a promise; await it';
  if (isColumns(value)) {
    return 'a table; prepare makes a dataset of it, or datasetOf with the preparation of a trained model';
  }
  return 'no dataset; make one with fromArrays, readCsv or loadMnist';
}

function isDataset(data: unknown): data is DatasetInput {
  const keys = ['inputs', 'inputShape', 'targets', 'targetShape'];
  return (
    typeof data === 'object' &&
    data !== null &&
    keys.every((key) => {
      const value = (data as Record<string, unknown>)[key];
      return typeof value === 'object' && value !== null;
    })
  );
}

function isIntegers(source: NumberSource): boolean {
  return source instanceof Int32Array || source instanceof BigInt64Array;
}

/**
 * Tokens where there is a vocabulary, else numbers.
 *
 * @throws DataError if one is none; ConfigError if the vocabulary is none
 */
export function toInputsOrTokens(
  source: NumberSource,
  vocabulary: number | undefined,
  place: NumberPlace,
): Dataset['inputs'] {
  if (vocabulary === undefined) return toInputs(source, place);
  requireInteger(place.what, 'vocabulary', vocabulary, 1, MAX_VOCABULARY);
  return toTokens(source, { ...place, value: 'token' }, vocabulary);
}

/** @throws DataError if tokens have what only numbers have */
function checkTokens(
  what: string,
  { inputDivisor, inputParts, pictures }: Pick<Dataset, 'inputDivisor' | 'inputParts' | 'pictures'>,
): void {
  const extra =
    inputDivisor !== 1
      ? 'inputDivisor'
      : inputParts
        ? 'inputParts'
        : pictures && 'a rule of pictures';
  if (!extra) return;
  throw new DataError(
    `${what}: the inputs are tokens, since there is a vocabulary, and there is ${extra}, which is for numbers; leave one of them out`,
  );
}

function checkWhole(what: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new DataError(
      `${what} is ${describeValue(value)}, expected a whole number of at least 1`,
    );
  }
}

/** @throws DataError unless these are lengths of axes */
export function checkLengths(what: string, shape: readonly number[]): void {
  if (Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 1)) return;
  const got = Array.isArray(shape) ? formatShape(shape) : describeValue(shape);
  throw new DataError(`${what} is ${got}, expected a list of whole numbers of at least 1`);
}

/** @throws DataError unless inputs can be divided by it, and what comes of them is finite */
export function checkDivisor(what: string, divisor: number, inputs: Dataset['inputs']): void {
  const by = Math.fround(divisor);
  if (typeof divisor !== 'number' || !(by > 0) || !Number.isFinite(by)) {
    throw new DataError(
      `${what}: inputDivisor is ${describeValue(divisor)}, expected a number above 0 (1 leaves inputs as they are)`,
    );
  }
  if (by >= 1) return;
  const isBad = (value: number): boolean => !Number.isFinite(Math.fround(value / by));
  const index = (inputs as Float32Array).findIndex(isBad);
  if (index >= 0) {
    throw new DataError(
      `${what}: input value ${index} is ${inputs[index]}; divided by inputDivisor ${divisor} it is not a finite float32`,
    );
  }
}

/** @throws DataError unless there is one name for each class, if there are names */
export function checkClassNames(
  what: string,
  { classes, classNames }: Pick<Dataset, 'classes' | 'classNames'>,
): void {
  if (classNames === undefined) return;
  if (!Array.isArray(classNames) || !classNames.every((name) => typeof name === 'string')) {
    throw new DataError(`${what}: classNames are no list of texts; expected one for each class`);
  }
  if (classNames.length !== classes) {
    throw new DataError(
      `${what}: ${classNames.length} class names for ${classes ?? 'no'} classes; expected one for each`,
    );
  }
  const twice = classNames.find((name, i) => classNames.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataError(`${what}: two classes are called ${JSON.stringify(twice)}`);
  }
}

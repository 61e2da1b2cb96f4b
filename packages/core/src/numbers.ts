// Numbers as people have them, made into the typed arrays that the engine takes: bytes, float32, and int32 for labels and
// tokens.
// Invariant: what comes out is what went in. A fraction is rounded to float32, as everywhere; a whole number that
// float32 cannot hold, a missing value and what is no number at all are refused, with sample and position.
// Not a parser: text is refused, not read.
import { DataError } from './errors.js';
import { asList, type List, requireList, show } from './lists.js';
import { formatShape, product } from './shape.js';
import { IGNORED } from './tokens.js';

/** Flat numbers, row-major, or a list for each sample, which may hold lists again; typed arrays or plain ones. */
export type NumberSource = ArrayLike<number> | ArrayLike<bigint> | readonly NumberSource[];

/** What numbers are, for errors, and where they go. */
export interface NumberPlace {
  /** Begins each error: `fromArrays`, `dataset "mnist"`. */
  readonly what: string;
  /** Of one value, in the singular: `input`. */
  readonly value: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Number of samples, where it is known; else it follows from the numbers. */
  readonly samples?: number;
  /** One thing rather than samples: its values are counted through. */
  readonly isOne?: boolean;
  /** Memory for numbers that cannot stay where they are. Default: an ArrayBuffer. */
  readonly allocate?: (bytes: number) => ArrayBufferLike;
}

/** How values are read, one by one. */
interface Reading {
  /** @returns NaN for what cannot be one */
  readonly convert: (value: unknown) => number;
  readonly expectation: (value: unknown) => string;
}

const FLOATS: Reading = { convert: toFloat32, expectation };

const MAX_LABEL = 0x7fff_fffe;

/**
 * Bytes stay bytes, where they are; all other numbers become float32.
 *
 * @throws DataError naming the first value, with sample and position, that is no number or would be changed
 */
export function toInputs(source: NumberSource, place: NumberPlace): Uint8Array | Float32Array {
  const list = requireList(source, place.what, place.value);
  if (!(list instanceof Uint8Array)) return toFloats(source, place);
  countSamples(list, place);
  return list;
}

/** @see toInputs; a Float32Array stays where it is. */
export function toFloats(source: NumberSource, place: NumberPlace): Float32Array {
  const list = requireList(source, place.what, place.value);
  const samples = countSamples(list, place);
  if (list instanceof Float32Array) {
    const bad = indexOfNonFinite(list);
    if (bad >= 0) throw valueFault(list[bad], bad, place);
    return list;
  }
  const length = samples * product(place.shape);
  const floats = new Float32Array(allocate(place, 4 * length));
  copySamples(list, floats, place, FLOATS);
  return floats;
}

/**
 * Class labels, one a sample or, as the place's shape says, one for each position; an Int32Array stays where it is. A position
 * that does not count has the label IGNORED.
 *
 * @param classes one more than the largest label, if it is not known
 * @throws DataError naming the first label that is not a whole number in [0, classes)
 */
export function toLabels(
  source: NumberSource,
  place: NumberPlace,
  classes: number = MAX_LABEL + 1,
): Int32Array {
  const byPosition = place.shape.length > 0;
  const most = classes > MAX_LABEL ? 'up' : `to ${classes - 1}`;
  return toIntegers(source, place, {
    convert: (value) => {
      const label = toInteger(value);
      const isLabel = (label >= 0 && label < classes) || (byPosition && label === IGNORED);
      return isLabel ? label : Number.NaN;
    },
    expectation(value) {
      const advice =
        typeof value === 'string'
          ? 'Number the classes, and give their names as classNames'
          : `Classes are numbered from 0${byPosition ? `; a position that does not count has ${IGNORED}` : ''}`;
      return `a whole number from 0 ${most}. ${advice}`;
    },
  });
}

/**
 * Tokens: an Int32Array stays where it is, and bytes stay bytes.
 *
 * @param vocabulary how many different ones there are
 * @throws DataError naming the first one that is not a whole number in [0, vocabulary)
 */
export function toTokens(
  source: NumberSource,
  place: NumberPlace,
  vocabulary: number,
): Uint8Array | Int32Array {
  const reading: Reading = {
    convert: (value) => {
      const token = toInteger(value);
      return token >= 0 && token < vocabulary ? token : Number.NaN;
    },
    expectation: (value) =>
      typeof value === 'string'
        ? `a whole number from 0 to ${vocabulary - 1}. Number the words or characters first`
        : `a whole number from 0 to ${vocabulary - 1}, since vocabulary is ${vocabulary}`,
  };
  const list = requireList(source, place.what, place.value);
  if (!(list instanceof Uint8Array)) return toIntegers(source, place, reading);
  countSamples(list, place);
  checkAll(list, place, reading);
  return list;
}

function toIntegers(source: NumberSource, place: NumberPlace, reading: Reading): Int32Array {
  const list = requireList(source, place.what, place.value);
  const samples = countSamples(list, place);
  if (list instanceof Int32Array) {
    checkAll(list, place, reading);
    return list;
  }
  const integers = new Int32Array(allocate(place, 4 * samples * product(place.shape)));
  copySamples(list, integers, place, reading);
  return integers;
}

function checkAll(list: ArrayLike<number>, place: NumberPlace, reading: Reading): void {
  for (let i = 0; i < list.length; i++) {
    if (Number.isNaN(reading.convert(list[i]))) throw valueFault(list[i], i, place, reading);
  }
}

/** The shape of one sample, where each sample is a list; undefined where numbers are flat. */
export function shapeOfSamples(source: NumberSource): number[] | undefined {
  const shape: number[] = [];
  for (let list = asList(source)?.[0]; asList(list); list = asList(list)![0]) {
    shape.push(asList(list)!.length);
  }
  return shape.length > 0 ? shape : undefined;
}

/** @throws DataError unless these are whole samples, and as many as expected */
function countSamples(list: List, place: NumberPlace): number {
  const { what, value, shape, samples } = place;
  const isNested = asList(list[0]) !== undefined;
  const size = product(shape);
  const count = isNested ? list.length : list.length / size;
  if (samples === undefined ? count >= 1 && Number.isInteger(count) : count === samples) {
    return count;
  }
  if (place.isOne) {
    throw new DataError(`${what}: ${list.length} values, expected ${size} (${formatShape(shape)})`);
  }
  const wanted =
    samples === undefined
      ? `whole samples of ${formatShape(shape)}, at least one`
      : `${samples * (isNested ? 1 : size)} (${samples} samples of ${formatShape(shape)})`;
  throw new DataError(
    `${what}: ${list.length} ${value}${isNested ? ' rows' : size === 1 ? 's' : ' values'}, expected ${wanted}`,
  );
}

function copySamples(
  list: List,
  to: Float32Array | Int32Array,
  place: NumberPlace,
  reading: Reading,
): void {
  if (asList(list[0]) === undefined || place.shape.length === 0) {
    copyNumbers(list, to, 0, place, reading);
    return;
  }
  const size = product(place.shape);
  for (let row = 0; row < list.length; row++) {
    copyNested(list[row], place.shape, row, to, row * size, place, reading);
  }
}

/** @param shape what is left of the sample's shape at this depth */
function copyNested(
  value: unknown,
  shape: readonly number[],
  row: number,
  to: Float32Array | Int32Array,
  at: number,
  place: NumberPlace,
  reading: Reading,
): void {
  const size = product(shape);
  const list = asList(value);
  const isNested = shape.length > 1 && list !== undefined && asList(list[0]) !== undefined;
  const expected = isNested ? shape[0]! : size;
  if (list?.length !== expected) {
    const counted = (n: number) => `${n} ${isNested ? 'list' : 'value'}${n === 1 ? '' : 's'}`;
    const got = list ? `has ${counted(list.length)}` : `is ${show(value)}`;
    throw new DataError(
      `${place.what}: row ${row} of the ${place.value}s ${got}, expected ${counted(expected)}`,
    );
  }
  if (!isNested) {
    copyNumbers(list, to, at, place, reading);
    return;
  }
  const step = size / expected;
  for (let i = 0; i < expected; i++) {
    copyNested(list[i], shape.slice(1), row, to, at + i * step, place, reading);
  }
}

function copyNumbers(
  list: List,
  to: Float32Array | Int32Array,
  at: number,
  place: NumberPlace,
  reading: Reading,
): void {
  for (let i = 0; i < list.length; i++) {
    const number = reading.convert(list[i]);
    if (Number.isNaN(number)) throw valueFault(list[i], at + i, place, reading);
    to[at + i] = number;
  }
}

/** @returns NaN for what has no float32 */
function toFloat32(value: unknown): number {
  if (typeof value === 'number') {
    const rounded = Math.fround(value);
    const isKept = rounded === value || !Number.isSafeInteger(value);
    return isKept && Number.isFinite(rounded) ? rounded : Number.NaN;
  }
  if (typeof value !== 'bigint') return Number.NaN;
  const rounded = Math.fround(Number(value));
  return Number.isFinite(rounded) && BigInt(rounded) === value ? rounded : Number.NaN;
}

/** @returns NaN for what is no whole number */
function toInteger(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isInteger(number) ? (number as number) + 0 : Number.NaN;
}

/** @returns the index of the first value that is NaN or infinite; -1 if there is none */
export function indexOfNonFinite(floats: Float32Array): number {
  for (let i = 0; i < floats.length; i++) {
    if (floats[i]! * 0 !== 0) return i;
  }
  return -1;
}

function valueFault(
  value: unknown,
  index: number,
  place: NumberPlace,
  reading: Reading = FLOATS,
): DataError {
  const size = product(place.shape);
  const isOnly = place.shape.length === 0 && reading !== FLOATS;
  const within = isOnly ? '' : `${index % size} `;
  const position = place.isOne ? `${index}` : `${within}of sample ${Math.floor(index / size)}`;
  return new DataError(
    `${place.what}: ${place.value} ${position} is ${show(value)}; expected ${reading.expectation(value)}`,
  );
}

function expectation(value: unknown): string {
  if (value === undefined || value === null || value === '' || Number.isNaN(value)) {
    return 'a number (fill in what is missing, or leave its sample out)';
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') return 'a number';
  const nearest = Math.fround(Number(value));
  return Number.isFinite(nearest)
    ? `a whole number that float32 holds: the nearest is ${nearest}. Scale it, or round it on purpose with Float32Array.from`
    : 'a finite float32';
}

function allocate({ allocate }: NumberPlace, bytes: number): ArrayBufferLike {
  return allocate ? allocate(bytes) : new ArrayBuffer(bytes);
}

// Numbers in lists in lists, whose shape is seen: what people write by hand. Every fault is told with its path.
import { ConfigError, DataError } from '../errors.js';
import { type NumberSource, toFloats } from '../numbers.js';
import { MAX_RANK } from '../shape.js';
import { type ParameterInput, requireShape } from './given-parameters.js';
import type { Parameters, ParameterValues } from './parameter-values.js';

/** A number, or a list of such, all as long as their neighbours: `[[0.2, 0.8], [0.1, -0.5]]`. */
export type NestedNumbers = number | ArrayLike<number> | readonly NestedNumbers[];

/** By name, as a Map or an object; what has a shape already keeps it. */
export type NestedParameters =
  | ReadonlyMap<string, NestedNumbers | ParameterInput>
  | Readonly<Record<string, NestedNumbers | ParameterInput>>;

/**
 * Parameters by hand: `parametersOf({ '0.weight': [[0.2, 0.8]], '0.bias': [0.1] })`. The lists are as the shape says, in
 * PyTorch's layout: a weight has a row for each output. The result goes wherever parameters go.
 *
 * @throws ConfigError if they are not given by name, or one comes with a shape that is none
 * @throws DataError naming the place where a list is longer or shorter than its neighbour, or where something is no number,
 * not finite, or a whole number that float32 cannot hold
 */
export function parametersOf(given: NestedParameters): Parameters {
  return namedParameters('parametersOf', given);
}

/** @param operation for errors */
export function namedParameters(operation: string, given: NestedParameters): Parameters {
  if (typeof given !== 'object' || given === null || isList(given)) {
    throw new ConfigError(
      `${operation}: parameters are given by name, as { '0.weight': [[0.2, 0.8]], '0.bias': [0.1] }`,
    );
  }
  const entries = given instanceof Map ? [...given] : Object.entries(given);
  return new Map(entries.map(([name, value]) => [name, valuesOf(operation, name, value)]));
}

function valuesOf(
  operation: string,
  name: string,
  value: NestedNumbers | ParameterInput,
): ParameterValues {
  const path = `${operation}: ${JSON.stringify(name)}`;
  if (hasShape(value)) {
    requireShape(path, value.shape);
    return { shape: value.shape, data: toData(path, value.shape, value.data) };
  }
  const shape = shapeSeen(path, value);
  checkLists(path, value, shape, `a list of ${shape[0]}`);
  return { shape, data: toData(path, shape, leavesOf(value)) };
}

function toData(what: string, shape: readonly number[], data: NumberSource): Float32Array {
  const isNested = isList(data) && isList(data[0]);
  const place = { what, value: 'value', shape, samples: 1, isOne: true };
  return toFloats(isNested ? [data as NumberSource] : data, place);
}

function hasShape(value: unknown): value is ParameterInput {
  const isObject = typeof value === 'object' && value !== null && !isList(value);
  return isObject && 'shape' in value && 'data' in value;
}

/** Of the first element of each list. */
function shapeSeen(path: string, value: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let inner: unknown = value; isList(inner); inner = inner[0]) {
    shape.push(inner.length);
    const at = `${path}${'[0]'.repeat(shape.length - 1)}`;
    if (inner.length === 0) throw new DataError(`${at} is an empty list, expected numbers`);
    if (shape.length > MAX_RANK) {
      throw new DataError(
        `${at} lies ${shape.length} lists deep, at most ${MAX_RANK} are possible`,
      );
    }
  }
  return shape;
}

/** @throws DataError unless each list is as long as the shape says, and nothing but numbers is in the innermost ones */
function checkLists(
  path: string,
  value: unknown,
  shape: readonly number[],
  expected: string,
): void {
  const [length, ...rest] = shape;
  if (length === undefined) {
    if (typeof value === 'number' && Number.isFinite(value)) return;
    throw new DataError(`${path} is ${show(value)}, expected a finite number`);
  }
  if (!isList(value) || value.length !== length) {
    throw new DataError(`${path} is ${show(value)}, expected ${expected}`);
  }
  const first = path.slice(path.indexOf('"'));
  for (let i = 0; i < length; i++) {
    const like = rest.length === 0 ? '' : `a list of ${rest[0]}, as ${first}[0] is`;
    checkLists(`${path}[${i}]`, value[i], rest, like);
  }
}

/** The numbers in lists in lists, in order, as they are. */
export function leavesOf(value: unknown): number[] {
  if (!isList(value)) return [Number(value)];
  return Array.from(value, (one) => (isList(one) ? leavesOf(one) : Number(one))).flat();
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function show(value: unknown): string {
  if (isList(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/** Flat numbers as lists in lists. */
export function nestedOf(data: ArrayLike<number>, shape: readonly number[]): NestedNumbers {
  if (shape.length === 0) return data[0]!;
  if (shape.length === 1) return Array.from(data);
  const [length, ...rest] = shape as [number, ...number[]];
  const size = data.length / length;
  const flat = Array.from(data);
  return Array.from({ length }, (_, i) => nestedOf(flat.slice(i * size, (i + 1) * size), rest));
}

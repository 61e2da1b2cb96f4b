// Parameters as somebody gives them: a Map or an object by name, with numbers in any list of numbers.
// Invariant: what comes out is a Map of shapes and float32 arrays, and every value is what was given. Whether they are a
// network's is checked where they meet it (state.ts).
import { ConfigError } from '../errors.js';
import { type NumberSource, toFloats } from '../numbers.js';
import type { Parameters, ParameterValues } from './parameter-values.js';

/** One parameter by hand: its numbers flat, or in lists as its shape says. */
export interface ParameterInput {
  readonly shape: readonly number[];
  readonly data: NumberSource;
}

/** Parameters by name: a Map, or an object as JSON gives one. */
export type ParametersInput =
  | ReadonlyMap<string, ParameterInput>
  | Readonly<Record<string, ParameterInput>>;

/**
 * @param operation for errors
 * @throws ConfigError naming the parameter that is none
 * @throws DataError naming the value that is missing, no number, not finite, or that float32 cannot hold
 */
export function toParameters(operation: string, given: ParametersInput): Parameters {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const got = Array.isArray(given) ? 'a list' : given === null ? 'null' : typeof given;
    throw new ConfigError(
      `${operation}: parameters are ${got}, expected a Map from name to { shape, data }`,
    );
  }
  const entries = isMap(given) ? [...given] : Object.entries(given);
  return new Map(entries.map(([name, values]) => [name, toValues(operation, name, values)]));
}

function isMap(given: ParametersInput): given is ReadonlyMap<string, ParameterInput> {
  return typeof given.entries === 'function' && typeof given.get === 'function';
}

function toValues(operation: string, name: string, given: ParameterInput): ParameterValues {
  const what = `${operation}: parameter "${name}"`;
  const { shape, data } = given ?? {};
  requireShape(what, shape);
  // Its length and values are looked at where they meet the network.
  if (data instanceof Float32Array) return { shape, data };
  const isNested = Array.isArray(data) && typeof data[0] === 'object' && data[0] !== null;
  const place = { what, value: 'value', shape, samples: 1, isOne: true };
  return { shape, data: toFloats(isNested ? [data as NumberSource] : data, place) };
}

/** @throws ConfigError unless it is a list of the lengths of axes */
export function requireShape(what: string, shape: unknown): asserts shape is readonly number[] {
  if (Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 1)) return;
  throw new ConfigError(
    `${what} has no shape; expected { shape: [lengths of its axes], data: its numbers }; parametersOf makes that of lists`,
  );
}

// The parts of a JSON value that claims to be a graph: each is what it should be, or the error says where it is not.
import { GraphError } from '../errors.js';
import { MAX_RANK, type Shape } from '../shape.js';

export type Json = Readonly<Record<string, unknown>>;

export function requireShape(json: unknown, what: string): Shape {
  const dims = requireArray(json, MAX_RANK, `${what}: shape`);
  for (const dim of dims) {
    if (dim !== 'N' && !(Number.isSafeInteger(dim) && (dim as number) >= 0)) {
      throw new GraphError(`${what}: ${describe(dim)} is not a length`);
    }
  }
  // The sign of a zero does not survive JSON, so it is dropped at once, here and wherever a number comes in.
  return (dims as (number | 'N')[]).map((dim) => (dim === 'N' ? dim : dim + 0));
}

export function requireObject(json: unknown, what: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new GraphError(`${what}: expected an object, got ${describe(json)}`);
  }
  return json as Json;
}

export function requireArray(json: unknown, limit: number, what: string): unknown[] {
  if (!Array.isArray(json)) throw new GraphError(`${what}: expected a list, got ${describe(json)}`);
  if (json.length > limit) {
    throw new GraphError(`${what}: ${json.length} entries, at most ${limit} are allowed`);
  }
  // Holes become undefined, which is refused wherever it is looked at.
  return Array.from(json);
}

export function requireKeys(
  object: Json,
  expected: readonly string[],
  what: string,
  optional: readonly string[] = [],
): void {
  for (const key of Object.keys(object)) {
    if (!expected.includes(key) && !optional.includes(key))
      throw new GraphError(`${what}: unknown key ${describe(key)}`);
  }
  for (const key of expected) {
    if (!Object.hasOwn(object, key)) throw new GraphError(`${what}: "${key}" is missing`);
  }
}

/** A value in few words, whatever it is: a string is cut, and nothing is asked of an object. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}

/** @returns a number that float32 holds; the sign of a zero does not survive JSON, so it is dropped at once */
export function requireFinite(json: unknown, what: string): number {
  if (typeof json === 'number' && Number.isFinite(Math.fround(json))) return json + 0;
  throw new GraphError(`${what}: expected a finite float32, got ${describe(json)}`);
}

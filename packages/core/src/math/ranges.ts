// Checks of numbers that people or files hand in: options of optimizers, schedules and initialisers,
// seeds and counts. Every refusal is a ConfigError that names the operation, the option, what was
// expected and what came. Not for inner loops, and not for tensors.
import { ConfigError } from '../errors.js';

/** The largest finite float32. Beyond it a setting would become infinite in a kernel. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/** Bounds of a number; `min` and `max` are allowed values, `above` and `below` are not. */
export interface NumberRange {
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  readonly below?: number;
}

/**
 * @returns `value`, if it is a finite number in `range` that float32 can hold
 * @throws ConfigError otherwise
 */
export function requireNumber(
  operation: string,
  name: string,
  value: unknown,
  range: NumberRange = {},
): number {
  if (
    typeof value !== 'number' ||
    !(Math.abs(value) <= FLOAT32_MAX) ||
    (range.min !== undefined && value < range.min) ||
    (range.above !== undefined && value <= range.above) ||
    (range.max !== undefined && value > range.max) ||
    (range.below !== undefined && value >= range.below)
  ) {
    throw refusal(operation, name, `a finite float32${describeRange(range)}`, value);
  }
  return value;
}

/**
 * @returns `value`, if it is an integer in [min, max]
 * @throws ConfigError otherwise
 */
export function requireInteger(
  operation: string,
  name: string,
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw refusal(operation, name, `an integer in [${min}, ${max}]`, value);
  }
  return value as number;
}

/**
 * @returns `value`, if it is a boolean
 * @throws ConfigError otherwise
 */
export function requireBoolean(operation: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw refusal(operation, name, 'true or false', value);
  return value;
}

/**
 * Reads a tagged value from outside (`{ kind: 'adam', … }`), for a table of constructors by kind.
 *
 * @param known the options that each kind may have; the kind itself is not listed
 * @returns the kind, one of `known`'s keys
 * @throws ConfigError if `json` is not a plain object, its kind is unknown, or it has another key
 */
export function requireKind<K extends string>(
  operation: string,
  json: unknown,
  known: Readonly<Record<K, readonly string[]>>,
): K {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(`${operation}: expected an object with a kind, got ${describe(json)}`);
  }
  const kind: unknown = Object.hasOwn(json, 'kind') ? (json as { kind: unknown }).kind : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(known, kind)) {
    throw refusal(operation, 'kind', `one of ${Object.keys(known).join(', ')}`, kind);
  }
  const options = known[kind as K];
  for (const key of Object.keys(json)) {
    if (key !== 'kind' && !options.includes(key)) {
      const expected = options.length > 0 ? options.join(', ') : 'none';
      throw new ConfigError(
        `${operation}: ${kind} has no option ${describe(key)}; it takes ${expected}`,
      );
    }
  }
  return kind as K;
}

function refusal(operation: string, name: string, expected: string, value: unknown): ConfigError {
  return new ConfigError(`${operation}: ${name} must be ${expected}, got ${describe(value)}`);
}

function describeRange(range: NumberRange): string {
  const parts: string[] = [];
  if (range.min !== undefined) parts.push(`>= ${range.min}`);
  if (range.above !== undefined) parts.push(`> ${range.above}`);
  if (range.max !== undefined) parts.push(`<= ${range.max}`);
  if (range.below !== undefined) parts.push(`< ${range.below}`);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : value === undefined ? 'nothing' : `a ${typeof value}`;
}

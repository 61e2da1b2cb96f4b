// Checks of single values that people or files hand in: rates, seeds, counts, names.
// Invariant: every refusal is a ConfigError that names the operation, the option, what was expected and what came.
// Not for inner loops, and not for tensors.
import { ConfigError } from './errors.js';

/** The largest finite float32. Beyond it a setting would become infinite in a kernel. */
const FLOAT32_MAX = 3.4028234663852886e38;

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
    // A number so small that float32 has it as 0.
    (range.above === 0 && Math.fround(value) === 0) ||
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
 * @returns `value`, if it is one of `choices`
 * @throws ConfigError otherwise
 */
export function requireChoice<C extends string>(
  operation: string,
  name: string,
  value: unknown,
  choices: readonly C[],
): C {
  if (choices.includes(value as C)) return value as C;
  throw refusal(operation, name, `one of ${choices.join(', ')}`, value);
}

/**
 * @returns `value`, if it is a text of at least one character
 * @throws ConfigError otherwise
 */
export function requireText(operation: string, name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw refusal(operation, name, 'a text that is not empty', value);
}

/**
 * @returns `value`, if it is an AbortSignal or nothing
 * @throws ConfigError otherwise; a controller in a signal's place would never stop anything
 */
export function requireSignal<S>(operation: string, value: S): S {
  if (value === undefined || (value as { aborted?: unknown } | null)?.aborted !== undefined) {
    return value;
  }
  throw refusal(operation, 'signal', "an AbortSignal (a controller's .signal)", value);
}

/**
 * @returns `value`, if it is a function or nothing
 * @throws ConfigError otherwise
 */
export function requireCallback<F>(operation: string, name: string, value: F): F {
  if (value === undefined || typeof value === 'function') return value;
  throw refusal(operation, name, 'a function', value);
}

/**
 * Reads a tagged value from outside (`{ kind: 'adam', … }`), for a table of constructors by kind. The constructors check
 * the options, their names included.
 *
 * @returns the kind, one of `known`'s keys, and everything else
 * @throws ConfigError if `json` is not a plain object, or its kind is unknown
 */
export function requireKind<K extends string>(
  operation: string,
  json: unknown,
  known: Readonly<Record<K, unknown>>,
): { readonly kind: K; readonly options: object } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(
      `${operation}: expected an object with a kind, got ${describeValue(json)}`,
    );
  }
  const { kind = undefined, ...options } = json as { kind?: unknown };
  if (typeof kind === 'string' && Object.hasOwn(known, kind)) return { kind: kind as K, options };
  throw refusal(operation, 'kind', `one of ${Object.keys(known).join(', ')}`, kind);
}

function refusal(operation: string, name: string, expected: string, value: unknown): ConfigError {
  return new ConfigError(`${operation}: ${name} must be ${expected}, got ${describeValue(value)}`);
}

function describeRange(range: NumberRange): string {
  const parts: string[] = [];
  if (range.min !== undefined) parts.push(`>= ${range.min}`);
  if (range.above !== undefined) parts.push(`> ${range.above}`);
  if (range.max !== undefined) parts.push(`<= ${range.max}`);
  if (range.below !== undefined) parts.push(`< ${range.below}`);
  return parts.length > 0 ? ` ${parts.join(' and ')}` : '';
}

/** What somebody gave, in a few words of an error message. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  const kind = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
  return kind === 'Object'
    ? 'an object'
    : `${/^[aeio]/i.test(kind) ? 'an' : 'a'} ${kind.replace(/^Array$/, 'array')}`;
}

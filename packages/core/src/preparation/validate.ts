// A preparation from outside: a file's metadata, run.json, a page's storage.
// Invariant: what comes out is complete and consistent, and holds nothing else; applying it can fail only by the rows it gets.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import {
  type ClassColumn,
  type InputColumn,
  type NumberColumn,
  type Preparation,
  widthOf,
} from './preparation.js';

/** Inputs that a table may become, and classes and categories that a column may have. */
export const MAX_PREPARED_WIDTH = 1 << 20;
export const MAX_CATEGORIES = 1 << 16;

/**
 * @param value JSON, from a file that may be anything
 * @param operation for errors
 * @throws ConfigError that names the field that is not what a preparation has
 */
export function validatePreparation(value: unknown, operation = 'preparation'): Preparation {
  const { inputs, targets } = record(value, operation, ['inputs', 'targets']);
  const columns = list(inputs, `${operation}: inputs`).map((one, i) =>
    inputColumn(one, `${operation}: inputs[${i}]`),
  );
  if (columns.reduce((sum, input) => sum + widthOf(input), 0) > MAX_PREPARED_WIDTH) {
    throw new ConfigError(`${operation}: more than ${MAX_PREPARED_WIDTH} inputs`);
  }
  const all = list(targets, `${operation}: targets`).map((one, i) =>
    targetColumn(one, `${operation}: targets[${i}]`),
  );
  if (all.length > 1 && all.some(({ kind }) => kind === 'class')) {
    throw new ConfigError(`${operation}: a column of classes is the only target`);
  }
  return { inputs: columns, targets: all as unknown as Preparation['targets'] };
}

/**
 * Whether two preparations say the same, number by number. Classes are not compared: they are found by name, in whatever order.
 *
 * @param part what is compared
 */
export function samePreparation(a: Preparation, b: Preparation, part: keyof Preparation): boolean {
  if (a === b) return true;
  const said = (one: Preparation): string => {
    const { inputs, targets } = validatePreparation(one);
    if (part === 'inputs') return JSON.stringify(inputs);
    return JSON.stringify(targets.map((target) => (target.kind === 'class' ? 'class' : target)));
  };
  return said(a) === said(b);
}

function inputColumn(value: unknown, what: string): InputColumn {
  const { kind } = record(value, what);
  if (kind === 'one-hot') {
    const given = record(value, what, ['kind', 'column', 'categories', 'unknown'], ['missing']);
    const { unknown } = given;
    if (unknown !== 'refuse' && unknown !== 'ignore') throw refusal(what, 'unknown', unknown);
    return {
      ...{ kind, column: text(given, 'column', what) },
      ...{ categories: texts(given, 'categories', what), unknown },
      ...(given.missing !== undefined && { missing: text(given, 'missing', what) }),
    };
  }
  if (kind === 'bag-of-words') {
    const given = record(value, what, ['kind', 'column', 'words'], ['missing']);
    return {
      ...{ kind, column: text(given, 'column', what), words: texts(given, 'words', what) },
      ...(given.missing !== undefined && { missing: text(given, 'missing', what, true) }),
    };
  }
  return numberColumn(value, what);
}

function targetColumn(value: unknown, what: string): ClassColumn | NumberColumn {
  const { kind } = record(value, what);
  if (kind !== 'class') return numberColumn(value, what);
  const given = record(value, what, ['kind', 'column', 'classNames']);
  return {
    ...{ kind, column: text(given, 'column', what) },
    classNames: texts(given, 'classNames', what),
  };
}

const NUMBERS = {
  'pass-through': [],
  standardise: ['mean', 'deviation'],
  'min-max': ['least', 'most', 'low', 'high'],
} as const satisfies Record<NumberColumn['kind'], readonly string[]>;

function numberColumn(value: unknown, what: string): NumberColumn {
  const { kind } = record(value, what);
  if (typeof kind !== 'string' || !Object.hasOwn(NUMBERS, kind)) throw refusal(what, 'kind', kind);
  const names = NUMBERS[kind as NumberColumn['kind']];
  const given = record(value, what, ['kind', 'column', ...names], ['missing']);
  const numbers: Record<string, number> = {};
  for (const name of [...names, ...(given.missing === undefined ? [] : ['missing'])]) {
    const number = given[name];
    if (typeof number !== 'number' || !Number.isFinite(number)) throw refusal(what, name, number);
    numbers[name] = number;
  }
  if (kind === 'standardise' && !(numbers.deviation! > 0)) {
    throw refusal(what, 'deviation', numbers.deviation);
  }
  if (kind === 'min-max') {
    if (!(numbers.most! >= numbers.least!)) throw refusal(what, 'most', numbers.most);
    if (!(numbers.high! > numbers.low!)) throw refusal(what, 'high', numbers.high);
  }
  return { kind, column: text(given, 'column', what), ...numbers } as unknown as NumberColumn;
}

function record(
  value: unknown,
  what: string,
  fields?: readonly string[],
  others: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${what}: expected an object, got ${describeValue(value)}`);
  }
  if (fields) {
    for (const name of fields) {
      if (!Object.hasOwn(value, name)) throw refusal(what, name, undefined);
    }
    const unknown = Object.keys(value).find((key) => ![...fields, ...others].includes(key));
    if (unknown !== undefined) throw new ConfigError(`${what}: unknown field "${unknown}"`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_PREPARED_WIDTH) return value;
  throw new ConfigError(`${what}: expected a list of columns, got ${describeValue(value)}`);
}

function text(
  given: Readonly<Record<string, unknown>>,
  name: string,
  what: string,
  mayBeEmpty = false,
): string {
  const value = given[name];
  if (typeof value === 'string' && (mayBeEmpty || value !== '')) return value;
  throw refusal(what, name, value);
}

function texts(given: Readonly<Record<string, unknown>>, name: string, what: string): string[] {
  const value = given[name];
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_CATEGORIES &&
    value.every((one) => typeof one === 'string') &&
    new Set(value).size === value.length;
  if (!isList) throw refusal(what, name, value);
  return [...value];
}

function refusal(what: string, name: string, value: unknown): ConfigError {
  return new ConfigError(
    `${what}: ${name} is ${describeValue(value)}, which no preparation has; was the file edited?`,
  );
}

// Several inputs, targets or outputs with names. They lie one after the other in one flat row, so that whoever stores,
// gathers, sends or hashes rows knows nothing of them; a network takes its row apart, and puts its outputs in one.
// Invariant: the sizes of parts come to the length of their row, in order, and no two have one name.
import { describeValue } from '@lockstep/errors';
import { ConfigError, DataError } from './errors.js';
import { product } from './shape.js';

/** Of each sample. */
export interface NamedPart {
  /** Letters, digits, _ and -, a letter first; at most 48. */
  readonly name: string;
  /** Without a batch axis. */
  readonly shape: readonly number[];
  /** What somebody hands in by this name is divided by this, as the numbers in the row have been; left out: 1. */
  readonly divisor?: number | undefined;
  /** Of a target that was class labels: what each of its numbers, of which one is 1, stands for. */
  readonly classNames?: readonly string[] | undefined;
}

/** Where a part lies in its row. */
export interface PlacedPart {
  readonly part: NamedPart;
  readonly start: number;
  readonly end: number;
}

const NAME = /^[A-Za-z][\w-]{0,47}$/;
export const MAX_PARTS = 256;

export function isPartName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

export function placeParts(parts: readonly NamedPart[]): PlacedPart[] {
  let start = 0;
  return parts.map((part) => {
    const placed = { part, start, end: start + product(part.shape) };
    start = placed.end;
    return placed;
  });
}

/** Of the row. */
export function partsSize(parts: readonly NamedPart[]): number {
  return placeParts(parts).at(-1)?.end ?? 0;
}

/**
 * Checks parts that come from outside.
 *
 * @param what for errors: `dataset "x": inputParts`
 * @param shape of the row
 * @throws DataError unless they are the parts of such a row
 */
export function validateParts(what: string, json: unknown, shape: readonly number[]): NamedPart[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > MAX_PARTS) {
    throw new DataError(
      `${what}: expected a list of 1 to ${MAX_PARTS} parts, got ${describeValue(json)}`,
    );
  }
  const parts = Array.from(json, (part: unknown, index) =>
    validatePart(`${what}: part ${index}`, part),
  );
  const twice = parts.find(({ name }, i) => parts.findIndex((other) => other.name === name) !== i);
  if (twice) throw new DataError(`${what}: two parts are called "${twice.name}"`);
  if (shape.length === 1 && shape[0] === partsSize(parts)) return parts;
  throw new DataError(
    `${what}: the parts come to ${partsSize(parts)} numbers a sample, the row is [${shape.join(', ')}]`,
  );
}

function validatePart(what: string, json: unknown): NamedPart {
  const { name, shape, divisor, classNames, ...others } = Object(json) as Partial<NamedPart>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new DataError(`${what}: unknown key ${describeValue(unknown)}`);
  if (!isPartName(name)) {
    throw new DataError(
      `${what}: the name is ${describeValue(name)}, expected letters, digits, _ and -, a letter first`,
    );
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 1)) {
    throw new DataError(`${what}: the shape of "${name}" is ${describeValue(shape)}`);
  }
  const isDivisor = typeof divisor === 'number' && divisor > 0 && Number.isFinite(divisor);
  if (divisor !== undefined && !isDivisor) {
    throw new DataError(`${what}: the divisor of "${name}" is ${describeValue(divisor)}`);
  }
  const areNames = Array.isArray(classNames) && classNames.every((one) => typeof one === 'string');
  if (classNames !== undefined && !(areNames && classNames.length === product(shape))) {
    throw new DataError(
      `${what}: "${name}" has other class names than one for each of its numbers`,
    );
  }
  return {
    name,
    shape: [...shape],
    ...(divisor !== undefined && { divisor }),
    ...(classNames && { classNames: [...classNames] }),
  };
}

/** @throws ConfigError if an object has other keys than the names of these parts */
export function checkPartNames(what: string, given: object, parts: readonly NamedPart[]): void {
  const names = parts.map(({ name }) => name);
  const keys = Object.keys(given);
  const missing = names.find((name) => !keys.includes(name));
  const unknown = keys.find((key) => !names.includes(key));
  if (missing === undefined && unknown === undefined) return;
  const fault = missing !== undefined ? `"${missing}" is missing` : `there is no "${unknown}"`;
  throw new ConfigError(`${what}: ${fault}; expected { ${names.join(', ')} }`);
}

/** Whether two rows are made of the same parts. */
export function sameParts(
  a: readonly NamedPart[] | undefined,
  b: readonly NamedPart[] | undefined,
): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

// Inputs by name become the row that a network takes: each part's numbers are read, divided where the data's have been, and
// put beside each other.
import { DataError } from './errors.js';
import { type NumberSource, toInputs } from './numbers.js';
import { checkPartNames, type NamedPart, partsSize, placeParts } from './parts.js';
import { product } from './shape.js';

/** By the name of each part: one sample, or a list of samples, in lists or flat. */
export type NamedInputs = Readonly<Record<string, NumberSource>>;

type Row = Uint8Array | Float32Array;

/**
 * @param what for errors
 * @param parts of the row, in their order
 * @param isBytes whether the rows are bytes; then all parts must be
 * @returns [samples, size], and whether it was one sample and no list of them
 * @throws ConfigError if a part is missing or unknown; DataError if they have other numbers of samples, or a number is none
 */
export function joinInputs(
  what: string,
  parts: readonly NamedPart[],
  given: NamedInputs,
  isBytes = false,
): { inputs: Row; samples: number; isOne: boolean } {
  checkPartNames(what, given, parts);
  const read = parts.map((part) => readPart(what, part, given[part.name]!));
  const counts = read.map((values, i) => values.length / product(parts[i]!.shape));
  const odd = counts.findIndex((count) => count !== counts[0]);
  if (odd > 0) {
    throw new DataError(
      `${what}: "${parts[odd]!.name}" has ${counts[odd]} samples, "${parts[0]!.name}" has ${counts[0]}`,
    );
  }
  const samples = counts[0]!;
  const size = partsSize(parts);
  const inputs = isBytes ? new Uint8Array(samples * size) : new Float32Array(samples * size);
  for (const [index, { start, end }] of placeParts(parts).entries()) {
    const values = read[index]!;
    const width = end - start;
    for (let sample = 0; sample < samples; sample++) {
      const row = values.subarray(sample * width, (sample + 1) * width);
      inputs.set(row, sample * size + start);
    }
  }
  const [first] = parts;
  const isOne = samples === 1 && nests(given[first!.name]) <= Math.max(1, first!.shape.length);
  return { inputs, samples, isOne };
}

function readPart(
  what: string,
  { name, shape, divisor }: NamedPart,
  number: NumberSource | number,
): Row {
  // As a named column is given, which it is easily taken for.
  const given = typeof number === 'number' ? [number] : number;
  const place = { what: `${what}: "${name}"`, value: 'input', shape };
  const values = toInputs(isOneSample(given, shape) ? [given] : given, place);
  if (divisor === undefined) return values;
  const by = Math.fround(divisor);
  return Float32Array.from(values, (value) => Math.fround(value / by));
}

/** Whether these are the lists of one sample, rather than of samples in flat rows. */
function isOneSample(given: NumberSource, shape: readonly number[]): boolean {
  if (shape.length < 2 || nests(given) !== shape.length || given.length !== shape[0]) return false;
  return (given[0] as unknown as ArrayLike<unknown>).length === shape[1];
}

/** How deep lists lie in each other, as far as their first entries say. */
function nests(value: unknown): number {
  let depth = 0;
  for (let inner = value; isList(inner); inner = inner[0]) depth++;
  return depth;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Whether it is inputs by name, for whoever takes other inputs, too. */
export function areNamedInputs(
  given: unknown,
  parts: readonly NamedPart[] | undefined,
): given is NamedInputs {
  if (parts === undefined || typeof given !== 'object' || given === null) return false;
  if (Array.isArray(given) || ArrayBuffer.isView(given)) return false;
  return parts.some(({ name }) => Object.hasOwn(given, name));
}

/** Whether it is a list of samples, each with its inputs by name. */
export function areNamedSamples(
  given: unknown,
  parts: readonly NamedPart[] | undefined,
): given is readonly NamedInputs[] {
  return Array.isArray(given) && given.length > 0 && areNamedInputs(given[0], parts);
}

/** Samples, each with its inputs by name, as the samples of each input. @throws as `joinInputs` */
export function turnSamples(
  what: string,
  parts: readonly NamedPart[],
  samples: readonly NamedInputs[],
): NamedInputs {
  for (const [i, sample] of samples.entries())
    checkPartNames(`${what}: sample ${i}`, sample, parts);
  const listOf = (name: string) => samples.map((sample) => sample[name]!);
  return Object.fromEntries(parts.map(({ name }) => [name, listOf(name) as NumberSource]));
}

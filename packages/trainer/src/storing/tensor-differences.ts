// Where two sets of tensors part, as files or states hold them: by name, element type, shape and number.
// Invariant: numbers are compared by their bits. So 0 and -0 differ, a NaN is the same as itself, and nothing is rounded before.
import { FormatError, type StoredTensor, toFloat32 } from '@lockstep/formats';

export type Tensors = ReadonlyMap<string, StoredTensor>;

/** How the tensors of one name differ. */
export interface TensorDifference {
  readonly name: string;
  /** The first of these that differs: whether it is there, its shape, its element type, its numbers. */
  readonly what: 'presence' | 'shape' | 'dtype' | 'values';
  /** What each side has there: its type and shape (null where it is not there), its shape, its type, or the first number that
   * differs; one that JSON cannot say is in words. */
  readonly left: string | number | null;
  readonly right: string | number | null;
  /** Of that number, by axes; null where numbers are the same or were not compared. */
  readonly index: readonly number[] | null;
  /** Numbers that differ. */
  readonly count: number;
  /** Numbers that there are. */
  readonly of: number;
  /**
   * The largest distance between two numbers at the same place, in units in the last place: how many numbers of their type lie
   * between them, and one. Of different types, as float32. A distance that is too large to count exactly is rounded.
   */
  readonly ulps: number;
}

/** @returns one for each name whose tensors are not the same, in the order of the left side's names */
export function tensorDifferences(left: Tensors, right: Tensors): TensorDifference[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].flatMap((name) => differenceOf(name, left.get(name), right.get(name)) ?? []);
}

function differenceOf(
  name: string,
  left: StoredTensor | undefined,
  right: StoredTensor | undefined,
): TensorDifference | undefined {
  const none = { name, index: null, count: 0, of: (left ?? right)!.data.length, ulps: 0 };
  if (!left || !right) {
    return { ...none, what: 'presence', left: describe(left), right: describe(right) };
  }
  const [shape, otherShape] = [left, right].map((tensor) => `[${tensor.shape.join(', ')}]`);
  if (shape !== otherShape) return { ...none, what: 'shape', left: shape!, right: otherShape! };
  if (left.dtype !== right.dtype) {
    const [floats, otherFloats] = [asFloats(name, left), asFloats(name, right)];
    const numbers = floats && otherFloats ? firstNumber(floats, otherFloats).parted : {};
    return { ...none, ...numbers, what: 'dtype', left: left.dtype, right: right.dtype };
  }
  if (hasSameBytes(left, right)) return undefined;
  const { at, parted } = firstNumber(left, right);
  return { ...none, ...parted, what: 'values', left: said(left, at), right: said(right, at) };
}

function describe(tensor: StoredTensor | undefined): string | null {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : null;
}

/** Undefined where it holds what float32 has not. */
function asFloats(name: string, tensor: StoredTensor): StoredTensor | undefined {
  try {
    return { ...tensor, dtype: 'F32', data: toFloat32(name, tensor) };
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function hasSameBytes(left: StoredTensor, right: StoredTensor): boolean {
  const [one, other] = [left, right].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  return one!.equals(other!);
}

/** Of two tensors of one type and shape. */
function firstNumber(
  left: StoredTensor,
  right: StoredTensor,
): { readonly at: number; readonly parted: Pick<TensorDifference, 'index' | 'count' | 'ulps'> } {
  const [one, other] = [placesOf(left), placesOf(right)];
  let [at, count, ulps] = [-1, 0, 0];
  for (let i = 0; i < left.data.length; i++) {
    const [a, b] = [one(i), other(i)];
    if (a === b) continue;
    if (count === 0) at = i;
    count += 1;
    ulps = Math.max(ulps, distance(a, b));
  }
  return { at, parted: { index: at < 0 ? null : indexOf(left.shape, at), count, ulps } };
}

function distance(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b);
  const apart = BigInt(a) - BigInt(b);
  return Number(apart < 0n ? -apart : apart);
}

/** The highest of 64 bits. */
const SIGN = 0x8000_0000_0000_0000n;

/**
 * Of each element its place among all of its type, in their order: neighbours have neighbouring places, -0 comes right before 0.
 * The bits of a float that is not negative are in order already; those of a negative one run the other way.
 */
function placesOf({ dtype, data }: StoredTensor): (i: number) => number | bigint {
  switch (dtype) {
    case 'F32': {
      const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
      return (i) => (bits[i]! < 0 ? -(bits[i]! + 2 ** 31) - 1 : bits[i]!);
    }
    case 'F64': {
      const bits = new BigInt64Array(data.buffer, data.byteOffset, data.length);
      return (i) => (bits[i]! < 0n ? -(bits[i]! + SIGN) - 1n : bits[i]!);
    }
    case 'F16':
    case 'BF16':
      return (i) => (data[i]! < 2 ** 15 ? data[i]! : -(data[i]! - 2 ** 15) - 1);
    default:
      return (i) => data[i]!;
  }
}

/** The index by axes, of a place in row-major order. */
function indexOf(shape: readonly number[], place: number): number[] {
  const index: number[] = [];
  let rest = place;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

/** A number as JSON has it, or what it is in words. */
function said(tensor: StoredTensor, i: number): string | number {
  const value = valueAt(tensor, i);
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? (value as number) : String(value);
}

/** Of 16 bits that are no finite number, the bits. */
function valueAt(tensor: StoredTensor, i: number): number | bigint | string {
  const { dtype, data } = tensor;
  if (dtype !== 'F16' && dtype !== 'BF16') return data[i]!;
  const floats = asFloats('', { dtype, shape: [], data: data.slice(i, i + 1) });
  return floats ? floats.data[0]! : `0x${data[i]!.toString(16).padStart(4, '0')}`;
}

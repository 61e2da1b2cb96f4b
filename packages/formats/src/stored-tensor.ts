// The element types that files hold and the tensors made of them: plain values over typed arrays.
// Invariant: `data.length` is the product of `shape`, row-major ("C" order), little-endian.
// This is not a tensor library: nothing here computes.

/** A tensor in a file, or on its way to one. An empty shape is a scalar; a 0 in it means no elements. */
export type StoredTensor = {
  [D in StoredDtype]: { dtype: D; shape: readonly number[]; data: StoredArrays[D] };
}[StoredDtype];

/** The element types that Lockstep reads and writes, by their safetensors names. */
export type StoredDtype = keyof StoredArrays;

interface StoredArrays {
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  F32: Float32Array;
  I32: Int32Array;
  U32: Uint32Array;
  /** As their 16 bits: not every engine has an array of them. */
  F16: Uint16Array;
  BF16: Uint16Array;
  I16: Int16Array;
  U16: Uint16Array;
  I8: Int8Array;
  U8: Uint8Array;
  /** 0 or 1. */
  BOOL: Uint8Array;
}

/** The typed array of each element type. */
export const ARRAY_OF = {
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Whether a name read from a file is one of ours; names like `constructor` are not. */
export function isStoredDtype(name: unknown): name is StoredDtype {
  return typeof name === 'string' && Object.hasOwn(ARRAY_OF, name);
}

/** The number of elements of a shape, or undefined if it is not a shape or is too large to count. */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** Bytes an element takes, which is also the alignment a view needs. */
export function elementBytes(dtype: StoredDtype): number {
  return ARRAY_OF[dtype].BYTES_PER_ELEMENT;
}

// One NumPy array as a file (.npy): a magic string, a version, a header that is a literal of Python, then the raw elements.
// Reads every version of the header, both orders of axes and both orders of bytes; writes what numpy.save writes for the
// same array. Invariant: what is read is row-major and in the machine's order of bytes.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
import { FormatError, quote } from '../format-error.js';
import {
  ARRAY_OF,
  elementBytes,
  elementCount,
  type StoredDtype,
  type StoredTensor,
} from '../stored-tensor.js';
import { parseNpyHeader } from './npy-header.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit for headers that it does not trust; an array of 64 axes needs a tenth of it. */
const MAX_HEADER_BYTES = 10_000;
/** The data of a file begins at a multiple of this. */
const ALIGNMENT = 64;

/** Kinds of numbers as NumPy calls them, without the order of bytes. */
const DTYPES: Readonly<Record<string, StoredDtype>> = {
  ...{ f2: 'F16', f4: 'F32', f8: 'F64', b1: 'BOOL' },
  ...{ i1: 'I8', i2: 'I16', i4: 'I32', i8: 'I64', u1: 'U8', u2: 'U16', u4: 'U32', u8: 'U64' },
};

/** What other kinds are called, and what to do about them. */
const REFUSED: readonly (readonly [kind: RegExp, what: string])[] = [
  [/^[fg]\d+$/, 'extended floats; convert with .astype(numpy.float32)'],
  [/^c\d+$/, 'complex numbers; give real and imaginary parts as two arrays'],
  [/^O/, 'Python objects, which only pickle reads; convert with .astype(numpy.float32)'],
  [/^[SUa]/, 'text; expected numbers'],
  [/^[Mm]/, 'dates or times; expected numbers'],
  [/^V/, 'a type that NumPy has not, such as bfloat16; convert with .astype(numpy.float32)'],
];

/**
 * Reads a .npy file.
 *
 * @param what it is called in messages
 * @returns a view of `bytes` where they lie right already, else a copy
 * @throws FormatError if it is none, holds other things than numbers, or is cut short
 */
export function decodeNpy(bytes: Uint8Array, what: string): StoredTensor {
  const { text, dataStart } = readHeader(bytes, what);
  const { descr, fortranOrder, shape } = parseNpyHeader(text, what);
  const { dtype, isSwapped } = dtypeOf(descr, what);
  const size = elementBytes(dtype);
  const elements = elementCount(shape);
  const length = bytes.byteLength - dataStart;
  if (elements === undefined || elements * size !== length) {
    const needed = elements === undefined ? 'more than any memory' : `${elements * size} bytes`;
    throw new FormatError(
      `${what}: an array of shape [${shape}] and type ${descr} takes ${needed}, there are ${length}; was it cut short?`,
    );
  }
  let raw = bytes.subarray(dataStart);
  if (raw.byteOffset % size !== 0 || isSwapped) raw = new Uint8Array(raw);
  if (isSwapped) swapBytes(raw, size);
  const data = new ARRAY_OF[dtype](raw.buffer as ArrayBuffer, raw.byteOffset, elements);
  const tensor = { dtype, shape, data } as StoredTensor;
  return fortranOrder ? toRowMajor(tensor) : tensor;
}

/**
 * The bytes of a .npy file.
 *
 * @param name of the tensor, for errors
 * @throws FormatError if NumPy has no such type, or shape and data disagree
 */
export function encodeNpy(name: string, { dtype, shape, data }: StoredTensor): Uint8Array {
  const kind = Object.keys(DTYPES).find((key) => DTYPES[key] === dtype);
  if (kind === undefined) {
    throw new FormatError(`npz: ${quote(name)} is ${dtype}, which NumPy has not`);
  }
  if (elementCount(shape) !== data.length) {
    throw new FormatError(
      `npz: ${quote(name)} has shape [${shape}], its data has ${data.length} elements`,
    );
  }
  const descr = `${elementBytes(dtype) === 1 ? '|' : '<'}${kind}`;
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const headerStart = MAGIC.length + 4;
  const start = Math.ceil((headerStart + literal.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${literal.padEnd(start - headerStart - 1)}\n`;
  const file = new Uint8Array(start + data.byteLength);
  file.set([...MAGIC, 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(new TextEncoder().encode(header), headerStart);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

function readHeader(bytes: Uint8Array, what: string): { text: string; dataStart: number } {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new FormatError(`${what}: not a NumPy array, which begins with \\x93NUMPY`);
  }
  const [major = 0, minor = 0] = bytes.subarray(MAGIC.length);
  if (major < 1 || major > 3) {
    throw new FormatError(
      `${what}: version ${major}.${minor} of the format; 1.0, 2.0 and 3.0 are known`,
    );
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const headerStart = MAGIC.length + 2 + lengthBytes;
  if (bytes.byteLength < headerStart) throw new FormatError(`${what}: cut short in its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + MAGIC.length + 2, lengthBytes);
  const length = major === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `${what}: announces a header of ${length} bytes; at most ${MAX_HEADER_BYTES} are accepted`,
    );
  }
  const dataStart = headerStart + length;
  if (bytes.byteLength < dataStart) throw new FormatError(`${what}: cut short in its header`);
  // Latin-1, and UTF-8 in version 3; but only names of fields can be more than ASCII, and fields are refused.
  const text = String.fromCharCode(...bytes.subarray(headerStart, dataStart));
  return { text, dataStart };
}

function dtypeOf(descr: string, what: string): { dtype: StoredDtype; isSwapped: boolean } {
  const [, order, kind = ''] = /^([<>|=]?)(.*)$/s.exec(descr)!;
  const dtype = Object.hasOwn(DTYPES, kind) ? DTYPES[kind] : undefined;
  if (dtype !== undefined) return { dtype, isSwapped: order === '>' && elementBytes(dtype) > 1 };
  const known = REFUSED.find(([pattern]) => pattern.test(kind))?.[1];
  const why = known === undefined ? '; expected numbers' : `, ${known}`;
  throw new FormatError(`${what}: has the type ${quote(descr)}${why}`);
}

/** Turns each group of `size` bytes around. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    bytes.subarray(start, start + size).reverse();
  }
}

/** The same tensor with its last axis moving fastest, where the first one did. */
function toRowMajor({ dtype, shape, data }: StoredTensor): StoredTensor {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const ordered = new ARRAY_OF[dtype](data.length);
  const index: number[] = shape.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    ordered[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype, shape, data: ordered } as StoredTensor;
}

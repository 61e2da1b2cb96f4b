// The IDX format of the MNIST files: a big-endian header (magic, then one 32-bit size per
// dimension), then the elements, row-major. Read here: images [n, rows, columns], with channels
// [n, rows, columns, channels], or flat [n, values], and labels [n], of any element type there is.
// Pure: bytes in, header out; files are opened in files.ts, elements become numbers in idx-values.ts.
// Invariant: every size is checked before anything is allocated for it.
// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", section "The IDX file format".
import { DataError } from '@lockstep/core';

export type IdxKind = 'images' | 'labels';

/** An element type: what it is called, and its bytes. */
export interface IdxElement {
  readonly name: string;
  readonly bytes: number;
}

/** What an IDX file says about itself in its first bytes. */
export interface IdxHeader {
  readonly kind: IdxKind;
  readonly element: IdxElement;
  /** [n, …] of images, [n] of labels. */
  readonly shape: readonly number[];
  /** Bytes before the first element: 4, and 4 for each dimension. */
  readonly headerBytes: number;
  /** Bytes of all elements. */
  readonly dataBytes: number;
}

/** Most data bytes that an IDX file may announce, unless the caller says otherwise: 4 GiB. */
export const MAX_IDX_BYTES = 2 ** 32;
/** The magic: two zeros, the element type, the number of dimensions. */
export const IDX_MAGIC_BYTES = 4;

export const IDX_ELEMENTS = {
  uint8: { name: 'unsigned bytes', bytes: 1 },
  int8: { name: 'signed bytes', bytes: 1 },
  int16: { name: '16-bit integers', bytes: 2 },
  int32: { name: '32-bit integers', bytes: 4 },
  float32: { name: 'float32', bytes: 4 },
  float64: { name: 'float64', bytes: 8 },
} as const satisfies Record<string, IdxElement>;

const BY_CODE: Readonly<Record<number, IdxElement>> = {
  8: IDX_ELEMENTS.uint8,
  9: IDX_ELEMENTS.int8,
  11: IDX_ELEMENTS.int16,
  12: IDX_ELEMENTS.int32,
  13: IDX_ELEMENTS.float32,
  14: IDX_ELEMENTS.float64,
};

/** How many dimensions each kind may have, and the magic of MNIST's own files. */
const KINDS: Readonly<Record<IdxKind, { least: number; most: number; magic: number }>> = {
  images: { least: 2, most: 4, magic: 0x00000803 },
  labels: { least: 1, most: 1, magic: 0x00000801 },
};

const hex = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

/**
 * Bytes of the header.
 *
 * @param magic the first bytes of the file, at least the four of the magic (shorter means: the file ends there)
 * @throws DataError if it is no IDX file, or not of this kind (swapped files are named as such)
 */
export function idxHeaderBytes(magic: Uint8Array, kind: IdxKind, file: string): number {
  if (magic.length < IDX_MAGIC_BYTES) {
    throw new DataError(
      `read ${file}: the file ends after ${magic.length} bytes, inside its header; it is empty or truncated, fetch it again`,
    );
  }
  const value = new DataView(magic.buffer, magic.byteOffset).getUint32(0);
  const dimensions = value & 0xff;
  const { least, most } = KINDS[kind];
  const isIdx = value >>> 16 === 0 && BY_CODE[value >>> 8] !== undefined;
  if (!isIdx || dimensions < least || dimensions > most) {
    throw new DataError(`read ${file}: ${describeWrongMagic(value, kind)}`);
  }
  return IDX_MAGIC_BYTES + 4 * dimensions;
}

/**
 * Reads and checks the header.
 *
 * @param bytes the first bytes of the file, at least the header (shorter means: the file ends there)
 * @param kind what the file has to hold
 * @param file its name, for the errors
 * @throws DataError if the magic is another one, the header is cut short, a dimension is zero or the
 *   elements are more than maxBytes
 */
export function parseIdxHeader(
  bytes: Uint8Array,
  kind: IdxKind,
  file: string,
  maxBytes: number = MAX_IDX_BYTES,
): IdxHeader {
  const headerBytes = idxHeaderBytes(bytes, kind, file);
  if (bytes.length < headerBytes) {
    throw new DataError(
      `read ${file}: the file ends after ${bytes.length} bytes, inside its header of ${headerBytes}; it is empty or truncated, fetch it again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const element = BY_CODE[bytes[2]!]!;
  const shape: number[] = [];
  for (let at = IDX_MAGIC_BYTES; at < headerBytes; at += 4) shape.push(view.getUint32(at));
  const dataBytes = shape.reduce((product, size) => product * size, element.bytes);
  if (dataBytes === 0) {
    throw new DataError(
      `read ${file}: the header announces [${shape.join(', ')}] ${kind}; every size must be at least 1`,
    );
  }
  if (dataBytes > maxBytes) {
    throw new DataError(
      `read ${file}: the header announces [${shape.join(', ')}] ${kind}, ${dataBytes} bytes; at most ${maxBytes} are accepted here`,
    );
  }
  return { kind, element, shape, headerBytes, dataBytes };
}

function describeWrongMagic(magic: number, kind: IdxKind): string {
  const expected = `expected ${kind} (magic ${hex(KINDS[kind].magic)}, or another element type)`;
  const element = magic >>> 16 === 0 ? BY_CODE[magic >>> 8] : undefined;
  if (element === undefined) return `not an IDX file (it starts with ${hex(magic)}), ${expected}`;
  const dimensions = magic & 0xff;
  const other: IdxKind = kind === 'images' ? 'labels' : 'images';
  const { least, most } = KINDS[other];
  if (dimensions >= least && dimensions <= most) {
    return `it holds ${other} (magic ${hex(magic)}), ${expected}; were the images and labels swapped?`;
  }
  return `it holds ${element.name} in ${dimensions} dimensions (magic ${hex(magic)}), ${expected}`;
}

/**
 * @param fileBytes length of the whole file, header included (decompressed)
 * @throws DataError if the file is shorter or longer than its header says
 */
export function checkIdxLength(header: IdxHeader, fileBytes: number, file: string): void {
  const expected = header.headerBytes + header.dataBytes;
  if (fileBytes === expected) return;
  const wrong =
    fileBytes < expected
      ? `truncated: ${fileBytes} bytes`
      : `too long: ${fileBytes} bytes (or more)`;
  throw new DataError(
    `read ${file}: ${wrong}, expected ${expected} for [${header.shape.join(', ')}] ${header.kind}; fetch it again`,
  );
}

/** @throws DataError if there are not as many labels as images. */
export function checkSameCount(
  images: IdxHeader,
  imagesFile: string,
  labels: IdxHeader,
  labelsFile: string,
): void {
  if (images.shape[0] === labels.shape[0]) return;
  throw new DataError(
    `read ${imagesFile}: ${images.shape[0]} images, but ${labels.shape[0]} labels in ${labelsFile}; the two must be equal. Do the files belong together?`,
  );
}

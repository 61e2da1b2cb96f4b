// The IDX format of the MNIST files: a big-endian header (magic, then one 32-bit size per
// dimension), then the elements, row-major. Read here: unsigned bytes, as images [n, rows, columns]
// or as labels [n]. Pure: bytes in, values out; files are opened in files.ts.
// Invariant: every size is checked before anything is allocated for it.
// Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database", section "The IDX file format".
import { DataError } from '@lockstep/core';

export type IdxKind = 'images' | 'labels';

/** What an IDX file says about itself in its first bytes. */
export interface IdxHeader {
  readonly kind: IdxKind;
  /** [n, rows, columns] of images, [n] of labels. */
  readonly shape: readonly number[];
  /** Bytes before the first element: 16 for images, 8 for labels. */
  readonly headerBytes: number;
  /** Elements, one byte each: the product of the shape. */
  readonly dataBytes: number;
}

/** Most data bytes that an IDX file may announce, unless the caller says otherwise: 4 GiB. */
export const MAX_IDX_BYTES = 2 ** 32;

const MAGIC: Readonly<Record<IdxKind, number>> = { images: 0x00000803, labels: 0x00000801 };
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  8: 'unsigned bytes',
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: 'float32',
  14: 'float64',
};

const hex = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

/** Bytes of the header of an IDX file of this kind. */
export function idxHeaderBytes(kind: IdxKind): number {
  return kind === 'images' ? 16 : 8;
}

/**
 * Reads and checks the header.
 *
 * @param bytes the first bytes of the file, at least the header (shorter means: the file ends there)
 * @param kind what the file has to hold
 * @param file its name, for the errors
 * @throws DataError if the magic is another one (swapped files are named as such), the header is cut
 *   short, a dimension is zero or the elements are more than maxBytes
 */
export function parseIdxHeader(
  bytes: Uint8Array,
  kind: IdxKind,
  file: string,
  maxBytes: number = MAX_IDX_BYTES,
): IdxHeader {
  const headerBytes = idxHeaderBytes(kind);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0) !== MAGIC[kind]) {
    throw new DataError(`read ${file}: ${describeWrongMagic(view.getUint32(0), kind)}`);
  }
  if (bytes.length < headerBytes) {
    throw new DataError(
      `read ${file}: the file ends after ${bytes.length} bytes, inside its header of ${headerBytes}; it is empty or truncated, fetch it again`,
    );
  }
  const shape: number[] = [];
  let dataBytes = 1;
  for (let at = 4; at < headerBytes; at += 4) {
    const size = view.getUint32(at);
    shape.push(size);
    dataBytes *= size;
  }
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
  return { kind, shape, headerBytes, dataBytes };
}

function describeWrongMagic(magic: number, kind: IdxKind): string {
  const expected = `expected ${kind} (magic ${hex(MAGIC[kind])})`;
  const other: IdxKind = kind === 'images' ? 'labels' : 'images';
  if (magic === MAGIC[other]) {
    return `it holds ${other} (magic ${hex(magic)}), ${expected}; were the images and labels swapped?`;
  }
  const type = (magic >>> 8) & 0xff;
  const dimensions = magic & 0xff;
  if (magic >>> 16 === 0 && ELEMENT_TYPES[type] !== undefined) {
    return `it holds ${ELEMENT_TYPES[type]} in ${dimensions} dimensions (magic ${hex(magic)}), ${expected}`;
  }
  return `not an IDX file (it starts with ${hex(magic)}), ${expected}`;
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

/**
 * A whole IDX file that is in memory already.
 *
 * @param bytes the file, decompressed
 * @returns the header and the elements, a view into `bytes`
 * @throws DataError as parseIdxHeader and checkIdxLength
 */
export function parseIdx(
  bytes: Uint8Array,
  kind: IdxKind,
  file: string,
): { header: IdxHeader; data: Uint8Array } {
  const header = parseIdxHeader(bytes, kind, file);
  checkIdxLength(header, bytes.length, file);
  return { header, data: bytes.subarray(header.headerBytes) };
}

/**
 * @param labels [n] class labels
 * @param classes one more than the largest label allowed
 * @throws DataError that names the first label out of range
 */
export function checkLabelRange(labels: Uint8Array, classes: number, file: string): void {
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]! >= classes) {
      throw new DataError(
        `read ${file}: label ${labels[i]} of sample ${i} is out of range; expected 0 to ${classes - 1}`,
      );
    }
  }
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

// The header of a safetensors file: where each tensor lies, checked before it is believed. Invariant:
// each byte of the data section belongs to exactly one tensor, and every size agrees with its dtype,
// its shape and the file's length. Only the header is read here; the data section need not be there.
// Source: https://github.com/huggingface/safetensors#format and its reader, safetensors/src/tensor.rs.

import { checkOptions } from '@lockstep/errors';
import { describeForeign } from '../foreign.js';
import { FormatError, quote } from '../format-error.js';
import {
  ARRAY_OF,
  elementBytes,
  elementCount,
  isStoredDtype,
  type StoredDtype,
} from '../stored-tensor.js';
import { type HeaderObject, type HeaderValue, parseHeaderJson } from './header-json.js';

/** The length field in front of the header. */
export const LENGTH_BYTES = 8;
const BRACE = 0x7b;
/** The one key of a header that is not a tensor. */
export const METADATA_KEY = '__metadata__';
/** The largest header written, and by default read. */
export const DEFAULT_MAX_HEADER_BYTES = 10_000_000;

/** What a reader refuses to go beyond. */
export interface SafetensorsLimits {
  /** The largest header, in bytes. Default 10 MB; the reference implementation allows 100 MB. */
  maxHeaderBytes?: number;
}

/** Where a tensor lies: `begin` and `end` are byte offsets into the data section. */
export interface TensorPlace {
  dtype: StoredDtype;
  shape: readonly number[];
  begin: number;
  end: number;
}

/** A checked header. `dataStart` is the data section's first byte in the file. */
export interface SafetensorsHeader {
  places: Map<string, TensorPlace>;
  metadata: Readonly<Record<string, string>>;
  dataStart: number;
}

/** The largest header. @throws ConfigError for a limit that there is not */
export function headerLimit(operation: string, limits: SafetensorsLimits): number {
  checkOptions(operation, limits, { maxHeaderBytes: true });
  return limits.maxHeaderBytes ?? DEFAULT_MAX_HEADER_BYTES;
}

/**
 * Reads and checks a header against the length of its file, without the data section.
 *
 * @param head the first bytes of the file, at least to the header's end
 * @param fileBytes the length of the whole file
 * @throws FormatError as {@link decodeSafetensors}
 */
export function readSafetensorsHeader(
  head: Uint8Array,
  fileBytes: number,
  limits: SafetensorsLimits = {},
): SafetensorsHeader {
  try {
    return readHeader(head, fileBytes, limits);
  } catch (cause) {
    // A header begins with a brace; a file that has one there is ours, and damaged.
    const isForeign = cause instanceof FormatError && head[LENGTH_BYTES] !== BRACE;
    const foreign = isForeign ? describeForeign(head) : undefined;
    if (foreign === undefined) throw cause;
    throw wrong(`not a safetensors file: it is ${foreign}`, { cause });
  }
}

function readHeader(
  head: Uint8Array,
  fileBytes: number,
  limits: SafetensorsLimits,
): SafetensorsHeader {
  const maxHeaderBytes = headerLimit('readSafetensorsHeader', limits);
  const dataStart = safetensorsDataStart(head, fileBytes, maxHeaderBytes);
  if (head.byteLength < dataStart) {
    throw wrong(`expected the ${dataStart} bytes to the header's end, got ${head.byteLength}`);
  }
  const header = parseHeaderJson(decodeUtf8(head.subarray(LENGTH_BYTES, dataStart)));
  const metadata = readMetadata(header.get(METADATA_KEY));
  header.delete(METADATA_KEY);
  const places = new Map<string, TensorPlace>();
  for (const [name, value] of header) places.set(name, readPlace(name, value));
  checkCoverage(places, dataStart, fileBytes);
  return { places, metadata, dataStart };
}

/**
 * Where the data section starts, from the first 8 bytes of a file.
 *
 * @throws FormatError if the file is too short for its header, or the header is larger than allowed
 */
export function safetensorsDataStart(
  head: Uint8Array,
  fileBytes: number,
  maxHeaderBytes: number = DEFAULT_MAX_HEADER_BYTES,
): number {
  if (head.byteLength < LENGTH_BYTES || fileBytes < LENGTH_BYTES) {
    const foreign = describeForeign(head);
    if (foreign !== undefined) throw wrong(`not a safetensors file: it is ${foreign}`);
    throw wrong(
      `truncated: expected at least ${LENGTH_BYTES} bytes, got ${fileBytes}; was a download or a copy cut short?`,
    );
  }
  const field = new DataView(head.buffer, head.byteOffset, LENGTH_BYTES);
  const headerBytes = field.getUint32(4, true) * 2 ** 32 + field.getUint32(0, true);
  if (headerBytes > maxHeaderBytes) {
    throw wrong(
      `damaged, or not a safetensors file: its first 8 bytes announce a header of ${headerBytes} bytes; at most ${maxHeaderBytes} are accepted`,
    );
  }
  if (LENGTH_BYTES + headerBytes > fileBytes) {
    throw wrong(
      `truncated: expected a header to byte ${LENGTH_BYTES + headerBytes}, got ${fileBytes} bytes`,
    );
  }
  return LENGTH_BYTES + headerBytes;
}

/** Strict UTF-8. The copy is for browsers, which decode no shared memory. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw wrong('the header is not valid: it is not UTF-8', { cause });
  }
}

function readMetadata(value: HeaderValue | undefined): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = Object.create(null);
  if (value === undefined) return metadata;
  if (!(value instanceof Map)) throw wrong(`${METADATA_KEY} is not an object`);
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw wrong(`metadata ${quote(key)} is not a string`);
    metadata[key] = text;
  }
  return metadata;
}

function readPlace(name: string, value: HeaderValue): TensorPlace {
  const called = quote(name);
  if (!(value instanceof Map)) throw wrong(`${called} is not an object`);
  checkFields(called, value);
  const dtype = value.get('dtype');
  if (!isStoredDtype(dtype)) {
    throw wrong(
      `${called} has dtype ${quote(String(dtype))}; read are ${Object.keys(ARRAY_OF).join(', ')}; convert it with .float()`,
    );
  }
  const shape = value.get('shape');
  const offsets = value.get('data_offsets');
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (count === undefined) throw wrong(`${called} has no shape that can be`);
  if (!Array.isArray(offsets) || offsets.length !== 2) {
    throw wrong(`${called}: data_offsets are not two numbers`);
  }
  const [begin, end] = offsets;
  if (typeof begin !== 'number' || typeof end !== 'number' || begin > end) {
    throw wrong(`${called}: data_offsets are not two ascending numbers`);
  }
  if (count * elementBytes(dtype) !== end - begin) {
    throw wrong(
      `${called} holds ${count} elements of ${dtype}: expected ${count * elementBytes(dtype)} bytes, ` +
        `data_offsets give it ${end - begin}`,
    );
  }
  return { dtype, shape: shape as number[], begin, end };
}

function checkFields(called: string, tensor: HeaderObject): void {
  for (const field of tensor.keys()) {
    if (field !== 'dtype' && field !== 'shape' && field !== 'data_offsets') {
      throw wrong(`${called} has the unknown field ${quote(field)}`);
    }
  }
}

/** Every byte of the data section belongs to exactly one tensor: no hole, no overlap, no rest. */
function checkCoverage(
  places: ReadonlyMap<string, TensorPlace>,
  dataStart: number,
  fileBytes: number,
): void {
  const ascending = [...places].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of ascending) {
    if (begin !== covered) {
      const fault = begin < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw wrong(`${quote(name)} ${fault}: expected offset ${covered}, got ${begin}`);
    }
    covered = end;
  }
  const expected = dataStart + covered;
  if (fileBytes < expected) throw wrong(`truncated: expected ${expected} bytes, got ${fileBytes}`);
  if (fileBytes > expected) {
    throw wrong(`bytes follow the last tensor: expected ${expected} bytes, got ${fileBytes}`);
  }
}

/** An error of this format. */
export function wrong(what: string, options?: ErrorOptions): FormatError {
  return new FormatError(`safetensors: ${what}`, options);
}

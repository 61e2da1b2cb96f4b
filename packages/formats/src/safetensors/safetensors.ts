// Safetensors, the file format of weights and checkpoints: 8 bytes with the header's length, a JSON
// header, then every tensor's raw bytes. Written as views and read as views: tensors are not copied,
// and nothing is allocated on the word of a header.
// No files and no digests here: a flipped bit in a tensor's data is legal at this level.
// Source: https://github.com/huggingface/safetensors#format and its writer, safetensors/src/tensor.rs.

import { quote } from '../format-error.js';
import {
  ARRAY_OF,
  elementBytes,
  elementCount,
  isStoredDtype,
  type StoredTensor,
} from '../stored-tensor.js';
import { LONE_SURROGATE } from './header-json.js';
import {
  headerLimit,
  LENGTH_BYTES,
  METADATA_KEY,
  readSafetensorsHeader,
  type SafetensorsLimits,
  type TensorPlace,
  wrong,
} from './safetensors-header.js';

/**
 * The bytes of a file, as chunks to be written one after the other: the length and the header first,
 * then a view of each tensor that has any bytes.
 *
 * Chunks, because the tensors are then never copied: a caller writes or hashes hundreds of megabytes
 * straight from where they lie (which may be shared memory). The chunks are views: the tensors must
 * not change until they are written.
 *
 * The header begins with the metadata and names the tensors in the map's order. The data lies by
 * descending element size (in the map's order within one size), as in the reference implementation,
 * so that every tensor is aligned. Equal input gives equal bytes.
 *
 * @param metadata free strings, kept under `__metadata__`
 * @throws FormatError if a shape and its data disagree, a name cannot be written, or the header would
 *   be larger than readers accept
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
  limits: SafetensorsLimits = {},
): Uint8Array[] {
  requireLittleEndian();
  for (const [name, tensor] of tensors) checkWritable(name, tensor);
  const laidOut = [...tensors].sort(
    ([, a], [, b]) => elementBytes(b.dtype) - elementBytes(a.dtype),
  );
  const offsets = new Map<string, [number, number]>();
  let end = 0;
  for (const [name, { data }] of laidOut) {
    offsets.set(name, [end, end + data.byteLength]);
    end += data.byteLength;
  }

  const fields: string[] = [];
  const strings = Object.entries(metadata).map(metadataField);
  if (strings.length > 0) fields.push(`"${METADATA_KEY}":{${strings.join(',')}}`);
  for (const [name, { dtype, shape }] of tensors) {
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],` +
        `"data_offsets":[${offsets.get(name)!.join(',')}]}`,
    );
  }
  const maxHeaderBytes = headerLimit('encodeSafetensors', limits);
  const chunks = [frameHeader(`{${fields.join(',')}}`, maxHeaderBytes)];
  for (const [, { data }] of laidOut) {
    if (data.byteLength > 0) {
      chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return chunks;
}

/**
 * Reads a whole file.
 *
 * @returns the tensors in the header's order. Their data are views of `bytes`, copied only where a
 *   view would be misaligned (never in a file of ours at an 8-byte boundary); `metadata` has no
 *   prototype, so that only what the file says is found in it
 * @throws FormatError if any rule of the format is broken, or a dtype is not one of ours
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  limits: SafetensorsLimits = {},
): { tensors: Map<string, StoredTensor>; metadata: Readonly<Record<string, string>> } {
  requireLittleEndian();
  const { places, metadata, dataStart } = readSafetensorsHeader(bytes, bytes.byteLength, limits);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, place] of places) tensors.set(name, viewOf(bytes, dataStart, place));
  return { tensors, metadata };
}

/** The length field and the JSON, padded with spaces so that the data starts at a multiple of 8. */
function frameHeader(json: string, maxHeaderBytes: number): Uint8Array {
  const utf8 = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(utf8.byteLength / 8) * 8;
  if (headerBytes > maxHeaderBytes) {
    throw wrong(`the header would take ${headerBytes} bytes; readers accept ${maxHeaderBytes}`);
  }
  const framed = new Uint8Array(LENGTH_BYTES + headerBytes).fill(0x20);
  new DataView(framed.buffer).setBigUint64(0, BigInt(headerBytes), true);
  framed.set(utf8, LENGTH_BYTES);
  return framed;
}

function metadataField([key, value]: [string, unknown]): string {
  if (typeof value !== 'string') throw wrong(`metadata ${quote(key)} is not a string`);
  if (LONE_SURROGATE.test(key) || LONE_SURROGATE.test(value)) {
    throw wrong(`metadata ${quote(key)} holds half a surrogate pair`);
  }
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function checkWritable(name: string, { dtype, shape, data }: StoredTensor): void {
  const called = quote(name);
  if (name === METADATA_KEY) throw wrong(`${called} cannot be the name of a tensor`);
  if (LONE_SURROGATE.test(name)) throw wrong(`the name ${called} holds half a surrogate pair`);
  if (!isStoredDtype(dtype)) throw wrong(`${called} has the unknown dtype ${dtype}`);
  if (!(data instanceof ARRAY_OF[dtype])) {
    throw wrong(`${called} is ${dtype}, its data is not a ${ARRAY_OF[dtype].name}`);
  }
  if (elementCount(shape) !== data.length) {
    throw wrong(`${called} has shape [${shape}], its data has ${data.length} elements`);
  }
}

function viewOf(bytes: Uint8Array, dataStart: number, place: TensorPlace): StoredTensor {
  const { dtype, shape, begin, end } = place;
  const size = elementBytes(dtype);
  let raw = bytes.subarray(dataStart + begin, dataStart + end);
  if (raw.byteOffset % size !== 0) raw = new Uint8Array(raw);
  const data = new ARRAY_OF[dtype](
    raw.buffer as ArrayBuffer,
    raw.byteOffset,
    raw.byteLength / size,
  );
  return { dtype, shape, data } as StoredTensor;
}

/** Files are little-endian and typed arrays are in the machine's order; views serve where both agree. */
function requireLittleEndian(): void {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) {
    throw wrong('this machine is big-endian, which is not supported');
  }
}

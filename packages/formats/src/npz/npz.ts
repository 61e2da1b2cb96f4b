// NumPy's archive of arrays by name (.npz): a zip of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed).
// Invariant: what an archive unpacks to is bounded before room is made for it, and each array is held against its sum.
// Equal tensors give equal bytes. No files here.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.savez.html.
import { checkOptions } from '@lockstep/errors';
import { inflateSync, zipSync } from 'fflate';
import { crc32 } from '../crc32.js';
import { describeForeign } from '../foreign.js';
import { FormatError, quote } from '../format-error.js';
import type { StoredTensor } from '../stored-tensor.js';
import { decodeNpy, encodeNpy } from './npy.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';

const SUFFIX = '.npy';
/** What the weights of a network in one WebAssembly memory can take. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024 * 1024;
/** A zip without the extension for larger ones ends there. */
const MAX_ZIP_BYTES = 0xffff_ffff;
/** What a zip says of each entry takes at most this and its name, thrice in UTF-8, in two places. */
const MAX_ENTRY_BYTES = 128;
/** Deflate makes at most so many bytes of one. Source: https://zlib.net/zlib_tech.html. */
const MOST_DEFLATED = 1032;
/** NumPy's own date for all entries: equal arrays give equal files. */
const DATE = new Date(1980, 0, 1);

/** What a reader refuses to go beyond. */
export interface NpzLimits {
  /** The most that all arrays together may take, unpacked. Default 4 GiB. */
  maxBytes?: number;
}

/** What `encodeNpz` takes. */
export interface NpzOptions {
  /** Deflate the arrays, as numpy.savez_compressed does; weights hardly shrink. Default false. */
  compress?: boolean;
}

/**
 * The bytes of an archive that numpy.load reads: an array for each tensor, in the map's order.
 *
 * @throws FormatError if NumPy has no such type (bfloat16), shape and data disagree, or it is more than a zip holds (4 GiB)
 */
export function encodeNpz(
  tensors: ReadonlyMap<string, StoredTensor>,
  options: NpzOptions = {},
): Uint8Array {
  checkOptions('encodeNpz', options, { compress: true });
  const entries: Record<string, Uint8Array> = {};
  let bytes = 0;
  for (const [name, tensor] of tensors) {
    const npy = encodeNpy(name, tensor);
    entries[`${name}${SUFFIX}`] = npy;
    bytes += npy.byteLength + MAX_ENTRY_BYTES + 6 * name.length;
  }
  if (bytes > MAX_ZIP_BYTES) {
    throw new FormatError(
      `npz: the arrays take ${bytes} bytes, a zip holds 4 GiB; write safetensors`,
    );
  }
  return zipSync(entries, { level: options.compress === true ? 6 : 0, mtime: DATE });
}

/**
 * Reads an archive.
 *
 * @returns the arrays in the archive's order, row-major, whatever their own order was. Their data are views of `bytes`
 *   where they are stored as they are needed
 * @throws FormatError if it is none, is damaged, would unpack to more than the limit, or an array holds other than numbers
 */
export function decodeNpz(bytes: Uint8Array, limits: NpzLimits = {}): Map<string, StoredTensor> {
  checkOptions('decodeNpz', limits, { maxBytes: true });
  const { maxBytes = DEFAULT_MAX_BYTES } = limits;
  if (!isZip(bytes)) throw notNpz(bytes);
  const entries = readZipDirectory(bytes).filter(({ name }) => !name.endsWith('/'));
  checkEntries(entries, bytes, maxBytes);
  return new Map(
    entries.map((entry) => {
      const name = entry.name.slice(0, -SUFFIX.length);
      return [name, decodeNpy(unpack(entry), `npz: ${quote(name)}`)];
    }),
  );
}

/** Whether a file that begins so is a zip whose first entry is a NumPy array. @param head its first few hundred bytes */
export function isNpz(head: Uint8Array): boolean {
  if (!isZip(head)) return false;
  const name = head.subarray(30, 30 + (head[26] ?? 0) + 256 * (head[27] ?? 0));
  return String.fromCharCode(...name).endsWith(SUFFIX);
}

/** An archive of nothing begins with its directory's end. */
function isZip([p, k, third = 0, fourth = 0]: Uint8Array): boolean {
  return p === 0x50 && k === 0x4b && (third === 3 || third === 5) && fourth === third + 1;
}

function notNpz(bytes: Uint8Array): FormatError {
  // A length of eight bytes, then the brace of a header.
  const what =
    bytes[8] === 0x7b
      ? 'safetensors; decodeSafetensors reads it'
      : (describeForeign(bytes.subarray(0, 1024)) ?? 'something else');
  return new FormatError(`npz: not an archive of NumPy arrays: it is ${what}`);
}

function checkEntries(entries: readonly ZipEntry[], bytes: Uint8Array, maxBytes: number): void {
  const names = new Set<string>();
  let total = 0;
  for (const { name, size } of entries) {
    if (!name.endsWith(SUFFIX)) {
      if (!isNpz(bytes)) throw notNpz(bytes);
      throw new FormatError(`npz: ${quote(name)} is no array (.npy)`);
    }
    if (names.has(name)) throw new FormatError(`npz: ${quote(name)} stands twice`);
    names.add(name);
    total += size;
  }
  if (total > maxBytes) {
    throw new FormatError(`npz: unpacks to ${total} bytes; at most ${maxBytes} are accepted`);
  }
}

function unpack(entry: ZipEntry): Uint8Array {
  const bytes = inflated(entry);
  if (bytes.byteLength === entry.size && crc32(bytes) === entry.crc32) return bytes;
  throw new FormatError(`npz: ${quote(entry.name)} is damaged: its sum is another`);
}

function inflated({ name, method, size, packed }: ZipEntry): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) {
    throw new FormatError(
      `npz: ${quote(name)} is packed by method ${method}; expected stored (0) or deflated (8), as NumPy does it`,
    );
  }
  if (size > MOST_DEFLATED * packed.byteLength) {
    throw new FormatError(
      `npz: ${quote(name)} is damaged: ${packed.byteLength} bytes cannot unpack to ${size}`,
    );
  }
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch (cause) {
    throw new FormatError(`npz: ${quote(name)} is damaged: it cannot be unpacked`, { cause });
  }
}

// IDX files, plain or gzip, from the disk straight into shared memory, with their SHA-256.
// Invariant: what is held besides the result are buffers of 2 MiB together (plus zlib's window), and no
// more output is unpacked than the header announced, so neither a large file nor a gzip bomb fills
// the memory. Whether a file is compressed is seen from its bytes, never from its name.
// Not here: which files make a dataset (folder.ts) and where they come from (mnist.ts).
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from '@lockstep/core';
import { sharedUint8 } from '../shared.js';
import {
  checkIdxLength,
  IDX_MAGIC_BYTES,
  type IdxHeader,
  type IdxKind,
  idxHeaderBytes,
  MAX_IDX_BYTES,
  parseIdxHeader,
} from './idx.js';

/** An IDX file in memory. */
export interface IdxFile {
  readonly path: string;
  readonly header: IdxHeader;
  /** The elements as they are in the file, row-major, big-endian, in shared memory. */
  readonly data: Uint8Array;
  /** Of the whole decompressed file, header included; lower-case hexadecimal. */
  readonly sha256: string;
}

export interface ReadIdxOptions {
  readonly kind: IdxKind;
  readonly signal?: AbortSignal | undefined;
  /** Most data bytes accepted; 4 GiB unless given. */
  readonly maxBytes?: number | undefined;
}

const PIECE_BYTES = 1 << 20;
const UNPACK_BYTES = 1 << 18;
// Deflate cannot do better than 1032:1 (RFC 1951: 258 bytes for 2 bits), so a header that announces
// more than that of its compressed file is refused before memory is taken for it.
const DEFLATE_MAX_RATIO = 1032;

/**
 * Reads one IDX file.
 *
 * @throws DataError if it is not an IDX file of that kind, is truncated, too long or damaged
 * @throws the system's error (ENOENT, EACCES, …) if it cannot be opened, the signal's reason if aborted
 */
export async function readIdxFile(path: string, options: ReadIdxOptions): Promise<IdxFile> {
  const { kind, maxBytes = MAX_IDX_BYTES } = options;
  const file = await openRaw(path, options.signal);
  try {
    const hash = createHash('sha256');
    // The magic, then the whole header, whose length the magic says.
    let prefix = new Uint8Array(IDX_MAGIC_BYTES);
    let header: IdxHeader | undefined;
    let data: Uint8Array = new Uint8Array(0);
    let position = 0;
    const readHeader = (bytes: Uint8Array): void => {
      header = parseIdxHeader(bytes, kind, path, maxBytes);
      checkAnnounced(header, file, path);
      data = allocateFor(header, path);
      file.readTo(data, bytes.length);
    };
    for await (const piece of file.pieces) {
      hash.update(piece);
      let rest = piece;
      while (header === undefined && rest.length > 0) {
        const head = rest.subarray(0, prefix.length - position);
        prefix.set(head, position);
        position += head.length;
        rest = rest.subarray(head.length);
        if (position < prefix.length) break;
        const headerBytes = idxHeaderBytes(prefix, kind, path);
        if (position === headerBytes) {
          readHeader(prefix);
          break;
        }
        const longer = new Uint8Array(headerBytes);
        longer.set(prefix);
        prefix = longer;
      }
      if (header === undefined) continue;
      const at = position - prefix.length;
      position += rest.length;
      if (at + rest.length > data.length) checkIdxLength(header, position, path);
      if (rest.buffer !== data.buffer) data.set(rest, at);
    }
    if (header === undefined) readHeader(prefix.subarray(0, position));
    checkIdxLength(header!, position, path);
    return { path, header: header!, data, sha256: hash.digest('hex') };
  } finally {
    await file.handle.close();
  }
}

/**
 * SHA-256 of a file as it is after decompression, without keeping it.
 *
 * @param maxBytes decompressed bytes after which the file is refused
 * @throws DataError if it is longer or damaged; the system's error if it cannot be opened
 */
export async function rawSha256(
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string> {
  const file = await openRaw(path, signal);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of file.pieces) {
      bytes += piece.length;
      if (bytes > maxBytes) {
        throw new DataError(`read ${path}: more than ${maxBytes} bytes, expected at most that`);
      }
      hash.update(piece);
    }
    return hash.digest('hex');
  } finally {
    await file.handle.close();
  }
}

export interface RawFile {
  readonly handle: FileHandle;
  readonly compressed: boolean;
  /** Bytes on the disk. */
  readonly storedBytes: number;
  /** How many of them have been read. */
  readonly bytesRead: () => number;
  /** The decompressed bytes in order; each piece is valid until the next is asked for. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /**
   * From now on what is read of a plain file comes to lie here, and its pieces are windows on this: nobody need copy them.
   * What was being read already does not; of a compressed file nothing does.
   *
   * @param from the place in the file of its first byte
   */
  readTo(place: Uint8Array, from: number): void;
}

/** Where bytes of a file are to lie. */
interface Place {
  readonly bytes: Uint8Array;
  readonly from: number;
}

/**
 * Opens a file whose bytes come piece by piece, decompressed if it is gzip; the caller closes the handle.
 *
 * @throws DataError if it is no file; the system's error if it cannot be opened
 */
export async function openRaw(path: string, signal: AbortSignal | undefined): Promise<RawFile> {
  signal?.throwIfAborted();
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new DataError(`read ${path}: not a file`);
    const magic = new Uint8Array(2);
    const { bytesRead } = await handle.read(magic, 0, 2, 0);
    const compressed = bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
    let read = 0;
    const count = (bytes: number): void => {
      read += bytes;
    };
    let place: Place | undefined;
    const readTo = (bytes: Uint8Array, from: number): void => {
      place = { bytes, from };
    };
    const pieces = compressed
      ? unpackedPieces(handle, path, signal, count)
      : storedPieces(handle, signal, count, () => place);
    return { handle, compressed, storedBytes: stat.size, bytesRead: () => read, pieces, readTo };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** While a piece is looked at, the next is read. */
async function* storedPieces(
  handle: FileHandle,
  signal: AbortSignal | undefined,
  count: (bytes: number) => void,
  place: () => Place | undefined,
): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(PIECE_BYTES), new Uint8Array(PIECE_BYTES)] as const;
  const roomAt = (position: number, turn: 0 | 1): Uint8Array => {
    const { bytes, from } = place() ?? { bytes: buffers[turn], from: position };
    const at = position - from;
    return at < bytes.length ? bytes.subarray(at, at + PIECE_BYTES) : buffers[turn];
  };
  const readAt = (position: number, turn: 0 | 1) => {
    const room = roomAt(position, turn);
    return handle.read(room, 0, room.length, position);
  };
  let turn: 0 | 1 = 0;
  let reading = readAt(0, turn);
  try {
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      count(bytesRead);
      turn = turn === 0 ? 1 : 0;
      reading = readAt(position, turn);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // Whoever closes the file must not do so while it is read.
    await reading.catch(() => {});
  }
}

async function* unpackedPieces(
  handle: FileHandle,
  path: string,
  signal: AbortSignal | undefined,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const stored = handle.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: UNPACK_BYTES,
  });
  stored.on('data', (bytes) => count(bytes.length));
  const gunzip = createGunzip({ chunkSize: UNPACK_BYTES });
  // The pipeline's own outcome is not awaited: what goes wrong in it also ends the iteration below.
  pipeline(stored, gunzip, () => {});
  try {
    for await (const piece of gunzip as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      yield piece;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    const what =
      code === 'Z_BUF_ERROR'
        ? 'ends too early: the file is truncated'
        : `is damaged (${(error as Error).message})`;
    throw new DataError(`read ${path}: the gzip data ${what}; fetch it again`, { cause: error });
  } finally {
    gunzip.destroy();
  }
}

function checkAnnounced(header: IdxHeader, file: RawFile, path: string): void {
  if (!file.compressed) {
    checkIdxLength(header, file.storedBytes, path);
  } else if (header.dataBytes > file.storedBytes * DEFLATE_MAX_RATIO) {
    throw new DataError(
      `read ${path}: the header announces ${header.dataBytes} bytes, more than a gzip file of ${file.storedBytes} bytes can hold; fetch it again`,
    );
  }
}

function allocateFor(header: IdxHeader, path: string): Uint8Array {
  try {
    return sharedUint8(header.dataBytes);
  } catch (error) {
    throw new DataError(
      `read ${path}: no memory for its ${header.dataBytes} bytes; free some or use fewer samples`,
      { cause: error },
    );
  }
}

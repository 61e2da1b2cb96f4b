// Files out of a tar archive whose bytes come piece by piece: what CIFAR-10 is handed out as.
// Invariant: memory is taken for files that are wanted and are as long as they may be, and for nothing else. Names longer
// than 100 characters, links and folders are passed over.
// Source: POSIX.1-1988, ustar: headers of 512 bytes, contents filled up to 512.
import { DataError } from '@lockstep/core';

const BLOCK = 512;

/**
 * @param what the archive's path, for errors
 * @param want whether a file is to be kept; it may throw if it is too long
 * @returns the wanted files by their names
 * @throws DataError if it is no tar archive, or ends before it is over
 */
export async function untar(
  pieces: AsyncIterable<Uint8Array>,
  what: string,
  want: (name: string, bytes: number) => boolean,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const header = new Uint8Array(BLOCK);
  /** Of the header or contents that come now: how many bytes are here, and how many are still to come. */
  let filled = 0;
  let file: Uint8Array | undefined;
  let left = 0;
  let padding = 0;
  for await (let piece of pieces) {
    while (piece.length > 0) {
      if (left + padding > 0) {
        const part = piece.subarray(0, left > 0 ? left : padding);
        if (left > 0) {
          file?.set(part, file.length - left);
          left -= part.length;
        } else {
          padding -= part.length;
        }
        piece = piece.subarray(part.length);
        continue;
      }
      const part = piece.subarray(0, BLOCK - filled);
      header.set(part, filled);
      filled += part.length;
      piece = piece.subarray(part.length);
      if (filled < BLOCK) continue;
      filled = 0;
      if (header.every((byte) => byte === 0)) continue;
      const { name, bytes, isFile } = readHeader(header, what);
      file = isFile && want(name, bytes) ? new Uint8Array(bytes) : undefined;
      if (file) files.set(name, file);
      left = bytes;
      padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
    }
  }
  if (left > 0 || filled > 0) {
    throw new DataError(`read ${what}: the tar archive ends too early; fetch it again`);
  }
  return files;
}

function readHeader(header: Uint8Array, what: string) {
  const text = (first: number, end: number): string =>
    String.fromCharCode(...header.subarray(first, end)).split('\0')[0]!;
  const octal = (first: number, end: number): number => {
    const digits = text(first, end).trim();
    return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  // The sum of all bytes, with those of the sum itself as spaces.
  let sum = 8 * 32;
  for (const [i, byte] of header.entries()) if (i < 148 || i >= 156) sum += byte;
  const bytes = octal(124, 136);
  if (octal(148, 156) !== sum || !Number.isSafeInteger(bytes)) {
    throw new DataError(`read ${what}: it is no tar archive, or damaged; fetch it again`);
  }
  return { name: text(0, 100), bytes, isFile: ['0', ''].includes(text(156, 157)) };
}

// The bytes of a PNG or a JPEG become a picture.
// Invariant: its size is looked at before anything is allocated for it, and every fault names the file.
import { DataError } from '@lockstep/core';
import { type PictureHead, pictureHead } from '../../pictures/head.js';
import type { Picture } from '../../pictures/picture.js';
import { turned } from '../../pictures/turn.js';

/** Most pixels of a picture, unless the caller says otherwise: 64 million, as a large camera's. */
export const MAX_PIXELS = 64_000_000;

/** @throws DataError that names the file if it is none, or has too many pixels */
export function checkedHead(bytes: Uint8Array, file: string, maxPixels: number): PictureHead {
  const head = named(file, () => pictureHead(bytes));
  const { width, height } = head;
  if (width < 1 || height < 1) {
    throw new DataError(`read ${file}: the picture is ${width}x${height}, without a pixel`);
  }
  if (width * height > maxPixels) {
    throw new DataError(
      `read ${file}: the picture is ${width}x${height}, ${width * height} pixels; at most ${maxPixels} are accepted here (maxPixels)`,
    );
  }
  return head;
}

/**
 * @param bytes of a PNG or JPEG file, whatever it is called
 * @param file its name, for errors
 * @returns the picture as it is to be seen (turned as Exif says), 8 bits a channel
 * @throws DataError that names the file if it is neither, is damaged or cut short, in CMYK, or has too many pixels
 */
export async function decodePicture(
  bytes: Uint8Array,
  file: string,
  maxPixels: number = MAX_PIXELS,
): Promise<Picture> {
  const { format, isGrey, orientation } = checkedHead(bytes, file, maxPixels);
  try {
    return turned(await decode(bytes, format, isGrey), orientation);
  } catch (cause) {
    throw inFile(file, cause);
  }
}

/** Decoders are loaded when there is something to decode: they are larger than all that a run without pictures loads of this. */
async function decode(
  bytes: Uint8Array,
  format: PictureHead['format'],
  isGrey: boolean,
): Promise<Picture> {
  if (format === 'png') return (await import('./png.js')).decodePng(bytes);
  return (await import('./jpeg.js')).decodeJpeg(bytes, isGrey);
}

function named<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw inFile(file, cause);
  }
}

function inFile(file: string, cause: unknown): DataError {
  const { message } = cause as Error;
  return new DataError(`read ${file}: ${message}`, { cause });
}

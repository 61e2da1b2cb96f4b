// What a picture's file says in its first bytes: PNG or JPEG, its size, its channels, how it was held (EXIF). Seen from the
// content, never from the name.
// Invariant: no byte outside the file is read, whatever its lengths say; nothing is allocated.
// Sources: W3C, PNG (third edition), 11.2.1; ITU-T T.81, B.1 and B.2.2; CIPA DC-008 (Exif 2.32), 4.6.4, tag 274.
import { DataError } from '@lockstep/core';

/** 1 as it is stored; 2 to 8 turned and mirrored, as Exif numbers them. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface PictureHead {
  readonly format: 'png' | 'jpeg';
  /** As stored, before it is turned. */
  readonly width: number;
  readonly height: number;
  readonly isGrey: boolean;
  readonly orientation: Orientation;
}

export const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** @throws DataError if it is neither, or ends before it has said its size */
export function pictureHead(bytes: Uint8Array): PictureHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isPng(bytes)) return pngHead(view);
  if (isJpeg(bytes)) return jpegHead(view);
  throw new DataError(
    bytes.length === 0
      ? 'the file is empty'
      : `it is neither PNG nor JPEG (it begins with ${[...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}); convert it to one of them`,
  );
}

function pngHead(view: DataView): PictureHead {
  if (view.byteLength < 33 || view.getUint32(12) !== 0x49484452) throw truncated('PNG');
  const [width, height, colourType] = [view.getUint32(16), view.getUint32(20), view.getUint8(25)];
  const isGrey = colourType === 0 || colourType === 4;
  return { format: 'png', width, height, isGrey, orientation: 1 };
}

function jpegHead(view: DataView): PictureHead {
  let orientation: Orientation = 1;
  let at = 2;
  while (at + 4 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) throw truncated('JPEG');
    const marker = view.getUint8(at + 1);
    // Fill bytes, and markers that stand alone.
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = view.getUint16(at + 2);
    if (isFrame(marker)) {
      if (at + 10 > view.byteLength) break;
      const components = view.getUint8(at + 9);
      if (components === 4) {
        throw new DataError('it is a JPEG in CMYK; convert it to RGB');
      }
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { format: 'jpeg', width, height, isGrey: components === 1, orientation };
    }
    if (marker === 0xda || marker === 0xd9 || length < 2) break;
    const end = Math.min(at + 2 + length, view.byteLength);
    if (marker === 0xe1) orientation = exifOrientation(view, at + 4, end) ?? orientation;
    at += 2 + length;
  }
  throw truncated('JPEG');
}

/** Start of frame, of any kind. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function exifOrientation(view: DataView, start: number, end: number): Orientation | undefined {
  const tiff = start + 6;
  if (tiff + 8 > end || view.getUint32(start) !== 0x45786966) return undefined;
  const little = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, little);
  if (directory + 2 > end) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > end) return undefined;
    if (view.getUint16(entry, little) !== 274) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? (value as Orientation) : undefined;
  }
  return undefined;
}

function truncated(format: string): DataError {
  return new DataError(`the ${format} is cut short or damaged: it does not say its size`);
}

// The images of one IDX file that is in memory, without labels: for asking a network about them.
import type { Dataset } from '@lockstep/core';
import { checkIdxLength, parseIdxHeader } from './idx.js';
import { imageDivisor, imageValues } from './idx-values.js';

/** Whether bytes begin as an IDX file does: two zeros, an element type, the number of dimensions. */
export function isIdx(bytes: Uint8Array): boolean {
  const [first, second, type = 0, dimensions = 0] = bytes;
  const isType = (type >= 8 && type <= 9) || (type >= 11 && type <= 14);
  return first === 0 && second === 0 && isType && dimensions >= 1 && dimensions <= 4;
}

/**
 * @param bytes of the file, decompressed
 * @param file its name, for errors
 * @returns inputs as a dataset of such a file has them
 * @throws DataError that names the file if it holds no images, or is cut short or too long
 */
export function idxImages(
  bytes: Uint8Array,
  file: string,
): Pick<Dataset, 'samples' | 'inputShape' | 'inputs' | 'inputDivisor'> {
  const header = parseIdxHeader(bytes, 'images', file);
  checkIdxLength(header, bytes.length, file);
  const idx = { path: file, header, data: bytes.subarray(header.headerBytes), sha256: '' };
  const images = imageValues(idx);
  return { ...images, samples: header.shape[0]!, inputDivisor: imageDivisor(idx, images) };
}

// What a thread does: files become samples, each in its place of one shared array. The same on the calling thread.
import { readFile, stat } from 'node:fs/promises';
import { DataError, type PictureRule } from '@lockstep/core';
import { pictureInputs, type SampleSize } from '../../pictures/apply-rule.js';
import { decodePicture } from './decode.js';

export interface DecodeTask {
  readonly paths: readonly string[];
  /** Where the first of them goes: the sample's number. */
  readonly first: number;
  readonly size: SampleSize;
  readonly rule: PictureRule;
  readonly maxPixels: number;
  /** [samples, channels, height, width] */
  readonly inputs: Uint8Array;
}

/** A file that is no sample, and why. */
export interface BadPicture {
  readonly sample: number;
  readonly path: string;
  readonly reason: string;
}

/** No compressed picture of the pixels that are accepted needs more. */
const MAX_FILE_BYTES = 2 ** 28;

/** @returns the files that could not be taken; their places are left as they are */
export async function decodeInto(task: DecodeTask): Promise<BadPicture[]> {
  const { paths, first, size, rule, maxPixels, inputs } = task;
  const length = size.channels * size.height * size.width;
  const bad: BadPicture[] = [];
  for (const [i, path] of paths.entries()) {
    try {
      const picture = await decodePicture(await readPictureFile(path), path, maxPixels);
      inputs.set(pictureInputs(picture, size, rule), (first + i) * length);
    } catch (error) {
      bad.push({ sample: first + i, path, reason: (error as Error).message });
    }
  }
  return bad;
}

/** @throws DataError if the file is larger than any picture, the system's error if it cannot be read */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) {
    throw new DataError(
      `read ${path}: ${size} bytes; a picture has at most ${MAX_FILE_BYTES} here`,
    );
  }
  return readFile(path);
}

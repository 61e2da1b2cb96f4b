// The elements of IDX files as a dataset's numbers: bytes stay bytes, everything else becomes float32; images get their
// channels first, [channels, rows, columns], as everywhere in Lockstep; labels become integers.
// Invariant: a value is exact or refused (float64 images alone are rounded), and test images are scaled as training images.
// Not here: reading files (files.ts), and whether files fit together (folder.ts).
import { DataError, type Dataset } from '@lockstep/core';
import { sharedFloat32, sharedInt32, sharedUint8 } from '../shared.js';
import { IDX_ELEMENTS, type IdxElement } from './idx.js';
import type { IdxFile } from './raw-file.js';

/** More would be rows. */
const MAX_CHANNELS = 4;

export type ImageLayout = Pick<Dataset, 'inputShape' | 'inputs'>;

/** @throws DataError that names the file and the sample if a number is not finite, or cannot be told rows from channels */
export function imageValues(file: IdxFile): ImageLayout {
  const { header, path } = file;
  const [samples, ...axes] = header.shape as [number, ...number[]];
  const values = header.element === IDX_ELEMENTS.uint8 ? file.data : floats(file);
  if (axes.length === 1) return { inputShape: axes, inputs: values };
  if (axes.length === 2) return { inputShape: [1, ...axes], inputs: values };
  const [first, second, last] = axes as [number, number, number];
  if (last > MAX_CHANNELS) {
    if (first <= MAX_CHANNELS) return { inputShape: axes, inputs: values };
    throw new DataError(
      `read ${path}: images of [${axes.join(', ')}]; expected [rows, columns, channels] or [channels, rows, columns] with at most ${MAX_CHANNELS} channels`,
    );
  }
  return {
    inputShape: [last, first, second],
    inputs: channelsFirst(values, samples, first * second, last),
  };
}

/** [samples, pixels, channels] as [samples, channels, pixels]. */
function channelsFirst(
  values: Uint8Array | Float32Array,
  samples: number,
  pixels: number,
  channels: number,
): Uint8Array | Float32Array {
  if (channels === 1) return values;
  const turned =
    values instanceof Uint8Array ? sharedUint8(values.length) : sharedFloat32(values.length);
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * pixels * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        turned[start + channel * pixels + pixel] = values[start + pixel * channels + channel]!;
      }
    }
  }
  return turned;
}

/**
 * What training images are divided by: 255 for bytes, 1 for floats, and for other integers the largest of as many bits
 * as occur (at least 8), so that they come to lie in [0, 1]: 12-bit images are divided by 4095.
 */
export function imageDivisor({ header }: IdxFile, { inputs }: ImageLayout): number {
  if (isFloat(header.element)) return 1;
  let largest = 255;
  if (header.element !== IDX_ELEMENTS.uint8) {
    for (const value of inputs) while (Math.abs(value) > largest) largest = 2 * largest + 1;
  }
  return largest;
}

/** What there is to say of images that are not bytes; undefined for bytes. */
export function describeImages(
  { header }: IdxFile,
  { inputs }: ImageLayout,
  divisor: number,
): string | undefined {
  if (header.element === IDX_ELEMENTS.uint8) return undefined;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of inputs) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const use = divisor === 1 ? 'used as they are' : `divided by ${divisor}`;
  return `images are ${header.element.name} from ${least} to ${most}, ${use}`;
}

export function isFloat(element: IdxElement): boolean {
  return element === IDX_ELEMENTS.float32 || element === IDX_ELEMENTS.float64;
}

/** [n] labels. @throws DataError that names the first one that is no whole number from 0 */
export function labelValues(file: IdxFile): Int32Array {
  const { header, path } = file;
  const labels = sharedInt32(header.shape[0]!);
  const read = reader(file);
  for (let i = 0; i < labels.length; i++) {
    const label = read(i);
    if (!Number.isInteger(label) || label < 0 || label > 0x7fff_fffe) {
      throw new DataError(
        `read ${path}: label ${label} of sample ${i} is no class; expected whole numbers from 0`,
      );
    }
    labels[i] = label;
  }
  return labels;
}

function floats(file: IdxFile): Float32Array {
  const { header, path } = file;
  const values = sharedFloat32(header.dataBytes / header.element.bytes);
  const read = reader(file);
  const size = values.length / header.shape[0]!;
  for (let i = 0; i < values.length; i++) {
    const value = read(i);
    values[i] = value;
    const isSame = header.element === IDX_ELEMENTS.float64 || values[i] === value;
    if (!isSame || !Number.isFinite(values[i]!)) {
      throw new DataError(
        `read ${path}: value ${i % size} of sample ${Math.floor(i / size)} is ${value}, which is not a finite float32 number`,
      );
    }
  }
  return values;
}

/** Element i as a number. */
function reader({ header, data }: IdxFile): (index: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (header.element) {
    case IDX_ELEMENTS.int8:
      return (i) => view.getInt8(i);
    case IDX_ELEMENTS.int16:
      return (i) => view.getInt16(2 * i);
    case IDX_ELEMENTS.int32:
      return (i) => view.getInt32(4 * i);
    case IDX_ELEMENTS.float32:
      return (i) => view.getFloat32(4 * i);
    case IDX_ELEMENTS.float64:
      return (i) => view.getFloat64(8 * i);
    default:
      return (i) => view.getUint8(i);
  }
}

/** How test labels, or labels of a known dataset, are held against the classes. */
export interface ClassRange {
  readonly classes: number;
  /** Where the number is from: `the classes of mnist`. */
  readonly of: string;
}

/**
 * @param labels [n] class labels
 * @throws DataError that names the first label out of range
 */
export function checkLabelRange(
  labels: Int32Array,
  { classes, of }: ClassRange,
  file: string,
): void {
  const index = labels.findIndex((label) => label >= classes);
  if (index === -1) return;
  const { least, most } = labelRange(labels);
  throw new DataError(
    `read ${file}: label ${labels[index]} of sample ${index} is out of range; expected 0 to ${classes - 1}, ${of}. The labels here are ${least} to ${most}`,
  );
}

export function labelRange(labels: Int32Array): { least: number; most: number } {
  return {
    least: labels.reduce((a, b) => Math.min(a, b)),
    most: labels.reduce((a, b) => Math.max(a, b)),
  };
}

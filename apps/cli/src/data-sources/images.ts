// `--images DIR`: a folder a class, with PNG and JPEG in them, becomes training and test samples.
// What is not given is seen from the pictures; where a trained network is asked, from what it was trained on.
import { basename, resolve } from 'node:path';
import { PICTURE_FITS, type PictureFit } from '@lockstep/core';
import { type DatasetPair, readPictureFolder, readPictures } from '@lockstep/data';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors.js';
import type { DataSource, SourceSpec } from './source.js';

interface ImageFlags {
  readonly images: string;
  /** `48x32`, width and height. */
  readonly imageSize?: string;
  readonly grey: boolean;
  readonly rgb: boolean;
  readonly imageFit?: PictureFit;
  readonly badImages: 'refuse' | 'skip';
  /** Shared with tables, which add it. */
  readonly test?: number;
}

const MAX_SIDE = 4096;
/** What is kept for testing where there is no test folder. */
const DEFAULT_TEST = 0.2;

export const imagesSource: DataSource<ImageFlags> = {
  flag: 'images',
  places: ['images'],
  flags: ['images', 'imageSize', 'grey', 'rgb', 'imageFit', 'badImages', 'test'],

  addOptions(command: Command): void {
    command
      .option(
        '--images <dir>',
        'a folder a class, with .png and .jpg files in them; in train/ and test/, or cut by --test',
      )
      .option(
        '--image-size <size>',
        'of a sample, as 32 or 48x32 (default: as the pictures are, if all have one size)',
        imageSize,
      )
      .option('--grey', 'grey samples (default: where all pictures are stored so)', false)
      .option('--rgb', 'samples in colours', false)
      .addOption(
        new Option(
          '--image-fit <way>',
          'to the size: cut what is over, fill up, or stretch (default: cover)',
        ).choices(PICTURE_FITS),
      )
      .addOption(
        new Option('--bad-images <rule>', 'what is done with damaged ones')
          .choices(['refuse', 'skip'])
          .default('refuse'),
      );
  },

  specOf({ flags }): SourceSpec {
    const { images, imageSize, grey, rgb, imageFit, badImages, test } = flags;
    if (grey && rgb) throw new UsageError('--grey and --rgb exclude each other; give one');
    if (test !== undefined && !(test < 1)) {
      throw new UsageError(
        `--test ${test}: of pictures a share is kept, class by class; expected a number below 1, such as 0.2`,
      );
    }
    return {
      source: 'images',
      images: resolve(images),
      ...(imageSize && { imageSize }),
      ...(grey && { grey }),
      ...(rgb && { rgb }),
      ...(imageFit && { imageFit }),
      badImages,
      ...(test !== undefined && { test }),
    };
  },

  nameOf: ({ images }) => basename(String(images)) || 'pictures',

  async load(given, { screen, signal, trainedOn, isWhole }): Promise<DatasetPair> {
    const spec = checked(given);
    const { images, test = DEFAULT_TEST, badImages } = spec;
    let line = '';
    screen.show(() => line);
    const onProgress = (done: number, of: number): void => {
      line = `reading pictures: ${done} of ${of}`;
    };
    const common = { bad: badImages, signal, onProgress };
    if (isWhole) {
      if (!trainedOn) {
        throw new UsageError(
          `--images ${images}: the file does not say what its network was trained on, so nothing says what size pictures are to have; expected a run's folder or its weights.safetensors`,
        );
      }
      const { data, notes } = await readPictureFolder(images, { ...common, like: trainedOn });
      return { train: data, test: data, source: images, notes };
    }
    const { imageSize, grey, rgb, imageFit } = spec;
    return readPictures(images, {
      ...common,
      ...(imageSize && { size: sizeOf(imageSize) }),
      ...((grey || rgb) && { channels: grey ? 'grey' : 'rgb' }),
      fit: imageFit,
      test,
    });
  },
};

/** @throws UsageError if run.json does not hold what `specOf` gives */
function checked(spec: SourceSpec): ImageFlags {
  const { images, imageSize, imageFit, badImages, test } = spec;
  const isFit = imageFit === undefined || PICTURE_FITS.some((fit) => fit === imageFit);
  const isTest = test === undefined || (typeof test === 'number' && test > 0 && test < 1);
  const isSize = imageSize === undefined || sizeOf(String(imageSize)) !== undefined;
  const isSpec =
    typeof images === 'string' &&
    ['refuse', 'skip'].some((rule) => rule === badImages) &&
    ['grey', 'rgb'].every((flag) => [undefined, true, false].some((one) => one === spec[flag]));
  if (isSpec && isFit && isTest && isSize) return spec as unknown as ImageFlags;
  throw new UsageError(
    `run.json: the folder of pictures is recorded as ${JSON.stringify(spec)}, which no flags give; was the file edited?`,
  );
}

/** `48x32` and `32` → width and height; undefined if it is neither. */
function sizeOf(text: string): { width: number; height: number } | undefined {
  const [, width = 0, height = 0] = /^(\d+)(?:x(\d+))?$/.exec(text)?.map(Number) ?? [];
  // A side that is missing is NaN.
  const size = { width, height: Number.isNaN(height) ? width : height };
  const isSize = Object.values(size).every((side) => side >= 1 && side <= MAX_SIDE);
  return isSize ? size : undefined;
}

/** `32` → `32x32`, so that a size is told and kept in one way. */
function imageSize(text: string): string {
  const size = sizeOf(text);
  if (size) return `${size.width}x${size.height}`;
  throw new InvalidArgumentError(
    `Expected a side as 32, or width and height as 48x32, from 1 to ${MAX_SIDE}.`,
  );
}

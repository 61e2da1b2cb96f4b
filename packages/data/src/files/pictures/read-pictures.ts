// Folders of pictures become datasets: a folder a class, PNG and JPEG, resized by a rule that the datasets carry.
// Invariant: the same files and options give the same bytes on every machine, on any number of threads.
import { basename, resolve } from 'node:path';
import {
  ConfigError,
  DataError,
  type Dataset,
  type DatasetTraits,
  PICTURE_FITS,
  type PictureFit,
  type PictureRule,
} from '@lockstep/core';
import {
  checkOptions,
  describeValue,
  type OptionNames,
  requireInteger,
  requireNumber,
  requireText,
} from '@lockstep/errors';
import { DEFAULT_RULE, type SampleSize, sampleSize, WHITE } from '../../pictures/apply-rule.js';
import type { Colour } from '../../pictures/picture.js';
import { sharedInt32, sharedUint8 } from '../../shared.js';
import type { DatasetPair } from '../folder.js';
import {
  type ClassFolders,
  findClasses,
  findParts,
  type PictureFile,
  splitFiles,
} from './class-folders.js';
import { checkedHead, MAX_PIXELS } from './decode.js';
import { decodeAll } from './decode-all.js';
import { type BadPicture, readPictureFile } from './decode-into.js';

/** How pictures become samples. */
export interface PictureOptions {
  /** Of the dataset; the folder's name unless given. */
  readonly name?: string | undefined;
  /** Of a sample, in pixels: of a square, or width and height. The pictures' own unless given, where all have one size. */
  readonly size?: number | { readonly width: number; readonly height: number } | undefined;
  /** Unless given, grey where all pictures are stored so. */
  readonly channels?: 'grey' | 'rgb' | undefined;
  /** `cover` unless given: fills the size, and cuts what is over. */
  readonly fit?: PictureFit | undefined;
  /** Behind what is transparent and beside what is narrower, [red, green, blue]; white unless given. */
  readonly background?: Colour | undefined;
  /** Size, channels, rule and classes of the data that a network was trained on, in place of all the above. */
  readonly like?: DatasetTraits | undefined;
  /** What is done with a file that is no picture or is damaged. `refuse` unless given. */
  readonly bad?: 'refuse' | 'skip' | undefined;
  /** Most pixels of a picture; 64 million unless given. */
  readonly maxPixels?: number | undefined;
  /** That decode; as many as there are cores unless given. They cannot change the result. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** What `readPictures` takes. */
export interface ReadPicturesOptions extends PictureOptions {
  /** Share of each class that is kept for testing, where there is no test folder; 0.2 unless given. */
  readonly test?: number | undefined;
  /** Of that choice; 0 unless given. */
  readonly seed?: number | undefined;
}

const NAMES: OptionNames<PictureOptions> = {
  ...{ name: true, size: true, channels: true, fit: true, background: true, like: true },
  ...{ bad: true, maxPixels: true, threads: true, signal: true, onProgress: true },
};

/**
 * Pictures to train on and to test with: `train` and `test` (or `val`) in the folder, each with a folder a class; or the
 * classes themselves, of which a share is kept for testing.
 *
 * @returns inputs [n, 1, height, width] grey or [n, 3, height, width] colours, bytes with divisor 255; classes by their
 *   folders' names, in the order of code units, as are the files of each
 * @throws ConfigError if options do not fit
 * @throws DataError that names the folder or file if there is none, a class has no pictures, sizes differ and none is
 *   given, or a picture is damaged
 */
export async function readPictures(
  folder: string,
  options: ReadPicturesOptions = {},
): Promise<DatasetPair> {
  const what = 'readPictures';
  requireText(what, 'the folder', folder);
  checkOptions(what, options, { ...NAMES, test: true, seed: true });
  const { test = 0.2, seed = 0, ...rest } = options;
  requireNumber(what, 'test', test, { above: 0, below: 1 });
  requireInteger(what, 'seed', seed, 0);
  checkPictureOptions(what, rest);
  const parts = await findParts(folder);
  const train = await findClasses(parts.train, rest.like?.classNames);
  const testPart = parts.test && (await findClasses(parts.test, train.classNames));
  const files = testPart
    ? { train: train.files, test: testPart.files }
    : splitFiles(train.files, test, seed);
  const how = await settle([...files.train, ...files.test], rest);
  const context = { folder, classNames: train.classNames, how, options: rest };
  const [trained, tested] = [await load(files.train, context), await load(files.test, context)];
  return {
    train: trained.data,
    test: tested.data,
    source: folder,
    notes: [
      describe(how),
      ...(testPart
        ? []
        : [`${files.test.length} of ${train.files.length} pictures are kept for testing`]),
      ...leftOut([...train.others, ...(testPart ? testPart.others : [])]),
      ...skipped([...trained.bad, ...tested.bad]),
    ],
  };
}

/**
 * All pictures of a folder as one dataset: of its `test` folder if it has one, else of the classes in it.
 *
 * @throws as readPictures
 */
export async function readPictureFolder(
  folder: string,
  options: PictureOptions = {},
): Promise<{ readonly data: Dataset; readonly notes: readonly string[] }> {
  const what = 'readPictureFolder';
  requireText(what, 'the folder', folder);
  checkOptions(what, options, NAMES);
  checkPictureOptions(what, options);
  const parts = await findParts(folder);
  const found: ClassFolders = await findClasses(
    parts.test ?? parts.train,
    options.like?.classNames,
  );
  const how = await settle(found.files, options);
  const { data, bad } = await load(found.files, {
    ...{ folder, classNames: found.classNames, how, options },
  });
  return { data, notes: [describe(how), ...leftOut(found.others), ...skipped(bad)] };
}

function checkPictureOptions(what: string, options: PictureOptions): void {
  const { size, channels, fit, background, bad, maxPixels, threads, like } = options;
  if (typeof size === 'number') requireInteger(what, 'size', size, 1);
  else if (size !== undefined) {
    requireInteger(what, 'size.width', size?.width, 1);
    requireInteger(what, 'size.height', size?.height, 1);
  }
  oneOf(what, 'channels', channels, ['grey', 'rgb']);
  oneOf(what, 'fit', fit, PICTURE_FITS);
  oneOf(what, 'bad', bad, ['refuse', 'skip']);
  if (maxPixels !== undefined) requireInteger(what, 'maxPixels', maxPixels, 1);
  if (threads !== undefined) requireInteger(what, 'threads', threads, 1);
  if (background !== undefined) {
    const isColour =
      background.length === 3 &&
      background.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
    if (!isColour) {
      throw new ConfigError(
        `${what}: background is ${describeValue(background)}, expected [red, green, blue], whole numbers from 0 to 255`,
      );
    }
  }
  if (like && !sampleSize(like.inputShape)) {
    throw new DataError(
      `${what}: the network takes samples of [${like.inputShape.join(', ')}], which are no pictures; expected [height, width] or [channels, height, width] with 1 or 3 channels`,
    );
  }
}

function oneOf(what: string, name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value as string)) return;
  throw new ConfigError(
    `${what}: ${name} is ${describeValue(value)}, expected ${allowed.map((one) => `"${one}"`).join(' or ')}`,
  );
}

interface How {
  readonly size: SampleSize;
  readonly rule: PictureRule;
}

/** Size, channels and rule, as asked for or as the files have them. */
async function settle(files: readonly PictureFile[], options: PictureOptions): Promise<How> {
  const { size, channels, fit, background, like, maxPixels = MAX_PIXELS, signal } = options;
  if (like) return { size: sampleSize(like.inputShape)!, rule: like.pictures ?? DEFAULT_RULE };
  const rule: PictureRule = { way: fit ?? 'cover', background: background ?? WHITE };
  let own: { width: number; height: number; path: string } | undefined;
  let isGrey = true;
  if (size === undefined || channels === undefined) {
    for (const { path } of files) {
      signal?.throwIfAborted();
      const head = await headOf(path, maxPixels, options.bad === 'skip');
      if (!head) continue;
      isGrey &&= head.isGrey;
      const isTurned = head.orientation >= 5;
      const [width, height] = isTurned ? [head.height, head.width] : [head.width, head.height];
      own ??= { width, height, path };
      if (size === undefined && (own.width !== width || own.height !== height)) {
        throw new DataError(
          `readPictures: pictures have different sizes: ${own.path} ${own.width}x${own.height}, ${path} ${width}x${height}; give the size that they are to have (size: 32, --image-size 32)`,
        );
      }
    }
  }
  const sides = typeof size === 'number' ? { width: size, height: size } : (size ?? own);
  if (!sides) throw new DataError('readPictures: no picture can be read');
  const { width, height } = sides;
  const count = (channels ?? (isGrey ? 'grey' : 'rgb')) === 'grey' ? 1 : 3;
  return { size: { width, height, channels: count }, rule };
}

async function headOf(path: string, maxPixels: number, skip: boolean) {
  try {
    return checkedHead(await readPictureFile(path), path, maxPixels);
  } catch (error) {
    if (skip) return undefined;
    throw error;
  }
}

interface LoadContext {
  readonly folder: string;
  readonly classNames: readonly string[];
  readonly how: How;
  readonly options: PictureOptions;
}

function inMemory(folder: string, bytes: number): Uint8Array {
  try {
    return sharedUint8(bytes);
  } catch (cause) {
    throw new DataError(
      `read ${folder}: the samples are ${bytes} bytes, for which there is no memory; give a smaller size, or fewer pictures`,
      { cause },
    );
  }
}

async function load(
  files: readonly PictureFile[],
  { folder, classNames, how, options }: LoadContext,
): Promise<{ data: Dataset; bad: readonly BadPicture[] }> {
  const { size, rule } = how;
  const { maxPixels = MAX_PIXELS, onProgress, threads, signal, like } = options;
  const length = size.channels * size.height * size.width;
  const all = inMemory(folder, files.length * length);
  let done = 0;
  const bad = await decodeAll(
    { paths: files.map(({ path }) => path), first: 0, size, rule, maxPixels, inputs: all },
    {
      threads,
      signal,
      onDone: (count) => {
        done += count;
        onProgress?.(done, files.length);
      },
    },
  );
  const [first] = [...bad].sort((a, b) => a.sample - b.sample);
  if (first && options.bad !== 'skip') {
    const more = bad.length > 1 ? ` (and ${bad.length - 1} more such files)` : '';
    throw new DataError(
      `${first.reason}${more}; take such files away, or leave them out (bad: 'skip', --bad-images skip)`,
    );
  }
  const isBad = new Set(bad.map(({ sample }) => sample));
  const kept = files.map((_, i) => i).filter((i) => !isBad.has(i));
  if (kept.length === 0) throw new DataError(`read ${folder}: none of its pictures can be read`);
  kept.forEach((from, to) => {
    if (from !== to) all.copyWithin(to * length, from * length, (from + 1) * length);
  });
  const targets = sharedInt32(kept.length);
  kept.forEach((from, to) => {
    targets[to] = files[from]!.label;
  });
  const { width, height, channels } = size;
  return {
    bad,
    data: {
      name: options.name ?? (basename(resolve(folder)) || 'pictures'),
      samples: kept.length,
      inputShape: like?.inputShape ?? [channels, height, width],
      inputs: all.subarray(0, kept.length * length),
      inputDivisor: 255,
      targetShape: [],
      targets,
      classes: classNames.length,
      classNames,
      pictures: rule,
    },
  };
}

function describe({ size, rule }: How): string {
  const colours = size.channels === 1 ? 'grey' : 'rgb';
  return `pictures become ${size.width}x${size.height} ${colours} (${rule.way})`;
}

function leftOut(others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `${others.length} other ${others.length === 1 ? 'file is' : 'files are'} left out: ${shown(others)}`,
  ];
}

function skipped(bad: readonly BadPicture[]): string[] {
  if (bad.length === 0) return [];
  return [
    `${bad.length} bad ${bad.length === 1 ? 'picture is' : 'pictures are'} left out: ${shown(bad.map(({ path }) => path))}`,
  ];
}

function shown(paths: readonly string[]): string {
  return `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''}`;
}

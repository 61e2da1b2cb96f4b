// A folder with four IDX files (train and test, images and labels) becomes two datasets.
// Invariant: what comes out is consistent: as many labels as images, equal image shapes in train and
// test, every label a class. Files that a checksum is known for are compared with it where asked.
// Not here: where such folders are looked for, and downloads (mnist.ts).
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError, type Dataset } from '@lockstep/core';
import { requireText } from '@lockstep/errors';
import { type IdxFile, readIdxFile } from './files.js';
import { checkLabelRange, checkSameCount, type IdxKind } from './idx.js';
import { sharedInt32 } from './shared.js';
import { IDX_FILES, IDX_PARTS, type IdxPart } from './sources.js';

/** A dataset as it is trained on and tested with; `source` says in words where it came from. */
export interface DatasetPair {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly source: string;
}

export interface FolderOptions {
  readonly name: string;
  /** Number of classes; one more than the largest training label unless given. */
  readonly classes?: number | undefined;
  /** What the classes are called, one name for each; nothing is known of them unless given. */
  readonly classNames?: readonly string[] | undefined;
  /** SHA-256 that each decompressed file must have; any content is taken unless given. */
  readonly sha256?: Readonly<Record<IdxPart, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before a file is read. */
  readonly onFile?: ((path: string) => void) | undefined;
}

export interface FolderDatasets {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Of each decompressed file. */
  readonly sha256: Readonly<Record<IdxPart, string>>;
}

/** @returns the names a file may have in a folder, in the order in which they are tried */
function idxFileNames(part: IdxPart): string[] {
  const name = IDX_FILES[part];
  const dotted = name.replace(/-(idx\d)/, '.$1');
  return [name, `${name}.gz`, dotted, `${dotted}.gz`];
}

/** @returns the path of the file under one of its names, or undefined */
export async function findIdxFile(folder: string, part: IdxPart): Promise<string | undefined> {
  for (const name of idxFileNames(part)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}

/**
 * Any dataset in the four files of MNIST's names (`train-images-idx3-ubyte`, … or
 * `train-images.idx3-ubyte`, plain or `.gz`): images [n, rows, columns] of bytes and labels [n].
 *
 * @param dir the folder
 * @param name of the dataset; the folder's own name unless given
 * @returns inputs [n, 1, rows, columns] with divisor 255, targets [n]; the number of classes is the
 *   largest training label plus one, and test labels must be below it
 * @throws DataError if a file is missing, damaged, or does not fit the others
 */
export async function loadIdxFolder(
  dir: string,
  name: string = basename(resolve(dir)),
): Promise<DatasetPair> {
  requireText('loadIdxFolder', 'the folder', dir);
  requireText('loadIdxFolder', 'name', name);
  const { train, test } = await readFolder(dir, { name });
  return { train, test, source: dir };
}

/** @see loadIdxFolder, which has fewer settings. */
export async function readFolder(dir: string, options: FolderOptions): Promise<FolderDatasets> {
  const paths = await findAll(dir);
  const read = async (part: IdxPart, kind: IdxKind): Promise<IdxFile> => {
    options.onFile?.(paths[part]);
    const file = await readIdxFile(paths[part], { kind, signal: options.signal });
    const expected = options.sha256?.[part];
    if (expected !== undefined && file.sha256 !== expected) {
      throw new DataError(
        `read ${paths[part]}: its SHA-256 is ${file.sha256}, expected ${expected}; this is not the official file of ${options.name}`,
      );
    }
    return file;
  };
  const trainLabels = await read('trainLabels', 'labels');
  const testLabels = await read('testLabels', 'labels');
  const { classNames } = options;
  const classes =
    options.classes ??
    classNames?.length ??
    trainLabels.data.reduce((a, b) => Math.max(a, b), 0) + 1;
  checkLabelRange(trainLabels.data, classes, trainLabels.path);
  checkLabelRange(testLabels.data, classes, testLabels.path);
  const testImages = await read('testImages', 'images');
  checkSameCount(testImages.header, testImages.path, testLabels.header, testLabels.path);
  const trainImages = await read('trainImages', 'images');
  checkSameCount(trainImages.header, trainImages.path, trainLabels.header, trainLabels.path);
  checkSameShape(trainImages, testImages);
  return {
    train: asDataset(options.name, trainImages, trainLabels, { classes, classNames }),
    test: asDataset(options.name, testImages, testLabels, { classes, classNames }),
    sha256: {
      trainImages: trainImages.sha256,
      trainLabels: trainLabels.sha256,
      testImages: testImages.sha256,
      testLabels: testLabels.sha256,
    },
  };
}

async function findAll(dir: string): Promise<Record<IdxPart, string>> {
  const paths: Partial<Record<IdxPart, string>> = {};
  for (const part of IDX_PARTS) {
    const path = await findIdxFile(dir, part);
    if (path === undefined) {
      const there = await stat(dir).catch(() => undefined);
      throw new DataError(
        there?.isDirectory()
          ? `read ${dir}: no ${IDX_FILES[part]}; expected one of ${idxFileNames(part).join(', ')}`
          : `read ${dir}: no such folder; expected one with ${IDX_FILES.trainImages} and the three files that go with it (plain or .gz)`,
      );
    }
    paths[part] = path;
  }
  return paths as Record<IdxPart, string>;
}

function checkSameShape(train: IdxFile, test: IdxFile): void {
  const [, rows, columns] = train.header.shape;
  const [, testRows, testColumns] = test.header.shape;
  if (rows === testRows && columns === testColumns) return;
  throw new DataError(
    `read ${test.path}: test images are [${testRows}, ${testColumns}], training images [${rows}, ${columns}] (${train.path}); the two must be equal`,
  );
}

function asDataset(
  name: string,
  images: IdxFile,
  labels: IdxFile,
  { classes, classNames }: Pick<Dataset, 'classes' | 'classNames'>,
): Dataset {
  const [samples, rows, columns] = images.header.shape as [number, number, number];
  const targets = sharedInt32(samples);
  targets.set(labels.data);
  return {
    name,
    samples,
    inputShape: [1, rows, columns],
    inputs: images.data,
    inputDivisor: 255,
    targetShape: [],
    targets,
    classes,
    ...(classNames && { classNames }),
  };
}

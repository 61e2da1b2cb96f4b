// A folder with four IDX files (train and test, images and labels) becomes two datasets.
// Invariant: what comes out is consistent: as many labels as images, equal image shapes in train and
// test, every label a class. Files that a checksum is known for are compared with it where asked.
// Not here: where such folders are looked for, and downloads (mnist.ts).
import { basename, resolve } from 'node:path';
import { DataError, type Dataset } from '@lockstep/core';
import { requireText } from '@lockstep/errors';
import { checkSameCount, type IdxKind } from './idx.js';
import { findIdxFiles } from './idx-names.js';
import {
  checkLabelRange,
  describeImages,
  imageDivisor,
  imageValues,
  isFloat,
  labelRange,
  labelValues,
} from './idx-values.js';
import { type IdxFile, readIdxFile } from './raw-file.js';
import { type IdxPart, OFFICIAL, type OfficialDataset } from './sources.js';

/**
 * A dataset as it is trained on and tested with; `source` says in words where it came from. A type, and no interface, so
 * that it is taken as the datasets of a run.
 */
export type DatasetPair = {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly source: string;
  /** What is worth knowing of the files, in words: how numbers are scaled, labels that begin with 1. */
  readonly notes?: readonly string[];
};

export interface FolderOptions {
  readonly name: string;
  /**
   * What the classes are called, one name for each. Unless given, there is one more than the largest training label, and
   * nobody knows their names, except of the official files.
   */
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
  readonly notes: readonly string[];
  /** Of each decompressed file. */
  readonly sha256: Readonly<Record<IdxPart, string>>;
}

/**
 * Any dataset in the four files of MNIST (`train-images-idx3-ubyte`, …, `train-images.idx3-ubyte`, `test-images-idx4-float`,
 * plain or `.gz`): images [n, rows, columns], [n, rows, columns, channels] or [n, values], and labels [n], of any of the
 * format's element types.
 *
 * @param dir the folder
 * @param name of the dataset; the folder's own name unless given
 * @returns inputs [n, 1, rows, columns], [n, channels, rows, columns] or [n, values]: bytes with divisor 255, or
 *   float32; targets [n]; the number of classes is the largest training label plus one, and test labels must be below it
 * @throws DataError if a file is missing, damaged, or does not fit the others
 */
export async function loadIdxFolder(
  dir: string,
  name: string = basename(resolve(dir)) || 'data',
): Promise<DatasetPair> {
  requireText('loadIdxFolder', 'the folder', dir);
  requireText('loadIdxFolder', 'name', name);
  const { train, test, notes } = await readFolder(dir, { name });
  return { train, test, source: dir, notes };
}

/** @see loadIdxFolder, which has fewer settings. */
export async function readFolder(dir: string, options: FolderOptions): Promise<FolderDatasets> {
  const { name } = options;
  const paths = await findIdxFiles(dir);
  const read = async (part: IdxPart, kind: IdxKind): Promise<IdxFile> => {
    options.onFile?.(paths[part]);
    const file = await readIdxFile(paths[part], { kind, signal: options.signal });
    const expected = options.sha256?.[part];
    if (expected !== undefined && file.sha256 !== expected) {
      throw new DataError(
        `read ${paths[part]}: its SHA-256 is ${file.sha256}, expected ${expected}; this is not the official file of ${name}`,
      );
    }
    return file;
  };
  const trainLabels = await read('trainLabels', 'labels');
  const testLabels = await read('testLabels', 'labels');
  const labels = { train: labelValues(trainLabels), test: labelValues(testLabels) };
  const { least, most } = labelRange(labels.train);
  const official = officialOf(trainLabels.sha256);
  const classNames = options.classNames ?? official?.classNames;
  const classes = classNames?.length ?? most + 1;
  const known = `as there are ${classes} classes in ${name}; other data is loaded under another name`;
  const of = options.classNames ? known : 'the labels of the training data';
  checkLabelRange(labels.train, { classes, of }, trainLabels.path);
  checkLabelRange(labels.test, { classes, of }, testLabels.path);
  const testImages = await read('testImages', 'images');
  checkSameCount(testImages.header, testImages.path, testLabels.header, testLabels.path);
  const trainImages = await read('trainImages', 'images');
  checkSameCount(trainImages.header, trainImages.path, trainLabels.header, trainLabels.path);
  checkAlike(trainImages, testImages);
  const images = { train: imageValues(trainImages), test: imageValues(testImages) };
  const inputDivisor = imageDivisor(trainImages, images.train);
  const dataset = (which: 'train' | 'test'): Dataset => ({
    name,
    samples: labels[which].length,
    inputShape: images[which].inputShape,
    inputs: images[which].inputs,
    inputDivisor,
    targetShape: [],
    targets: labels[which],
    classes,
    ...(classNames && { classNames }),
    ...(official && { pictures: official.pictures }),
  });
  return {
    train: dataset('train'),
    test: dataset('test'),
    notes: [
      describeImages(trainImages, images.train, inputDivisor),
      least > 0
        ? `no label is 0 (they are ${least} to ${most}): classes are counted from 0, so there are ${classes}, of which the first ${least === 1 ? 'one does' : `${least} do`} not occur; to have it otherwise, subtract ${least} from all labels`
        : undefined,
    ].filter((note) => note !== undefined),
    sha256: {
      trainImages: trainImages.sha256,
      trainLabels: trainLabels.sha256,
      testImages: testImages.sha256,
      testLabels: testLabels.sha256,
    },
  };
}

/** An official dataset, whatever its folder is called. */
function officialOf(trainLabels: string): OfficialDataset | undefined {
  return Object.values(OFFICIAL).find(({ sha256 }) => sha256.trainLabels === trainLabels);
}

function checkAlike(train: IdxFile, test: IdxFile): void {
  const [ofTrain, ofTest] = [train, test].map(
    ({ header }) => `[${header.shape.slice(1).join(', ')}]`,
  );
  if (ofTrain !== ofTest) {
    throw new DataError(
      `read ${test.path}: test images are ${ofTest}, training images ${ofTrain} (${train.path}); the two must be equal`,
    );
  }
  if (isFloat(train.header.element) === isFloat(test.header.element)) return;
  throw new DataError(
    `read ${test.path}: test images are ${test.header.element.name}, training images ${train.header.element.name} (${train.path}); expected both as floats or both as integers, since those are scaled differently`,
  );
}

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isShared } from '../shared.js';
import { loadIdxFolder } from './folder.js';
import {
  IMAGES_MAGIC,
  idxBytes,
  LABELS_MAGIC,
  SMALL,
  smallFolder,
  temporaryFolder,
} from './idx.fixture.js';

test('four files become two datasets in shared memory', async () => {
  const folder = await smallFolder();
  const { train, test: held, source } = await loadIdxFolder(folder, 'tiny');
  expect(train).toEqual({
    name: 'tiny',
    samples: 6,
    inputShape: [1, 2, 3],
    inputs: SMALL.trainImages.subarray(16),
    inputDivisor: 255,
    targetShape: [],
    targets: new Int32Array([0, 1, 2, 0, 1, 2]),
    classes: 3,
  });
  expect(held.samples).toBe(3);
  expect(source).toBe(folder);
  expect(isShared(train.inputs) && isShared(train.targets)).toBe(true);
});

test('names with a dot and compressed files are found, and the folder names the dataset', async () => {
  const folder = await smallFolder();
  await rename(join(folder, 'train-images-idx3-ubyte'), join(folder, 'train-images.idx3-ubyte'));
  await rm(join(folder, 't10k-labels-idx1-ubyte'));
  await writeFile(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(SMALL.testLabels));
  const { train, test: held } = await loadIdxFolder(folder);
  expect(train.name).toBe(basename(folder));
  expect([...held.targets]).toEqual([0, 1, 2]);
});

test('a missing folder, a missing file and a folder in a file’s place are named', async () => {
  const folder = await temporaryFolder();
  await expect(loadIdxFolder(join(folder, 'none'))).rejects.toThrow('none: no such folder');
  await mkdir(join(folder, 'train-images-idx3-ubyte'));
  await expect(loadIdxFolder(folder)).rejects.toThrow(
    `read ${folder}: no train-images-idx3-ubyte; expected one of train-images-idx3-ubyte, train-images-idx3-ubyte.gz, train-images.idx3-ubyte, train-images.idx3-ubyte.gz`,
  );
});

test('the files of CIFAR-10, in whatever form, are told how they are read', async () => {
  const advice = 'For CIFAR-10 there is loadCifar10 (--dataset cifar10)';
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'data_batch_1.bin'), '');
  await expect(loadIdxFolder(folder)).rejects.toThrow(advice);
  const around = await temporaryFolder();
  await mkdir(join(around, 'cifar-10-batches-bin'));
  await expect(loadIdxFolder(around)).rejects.toThrow(advice);
  const archive = join(around, 'cifar-10-binary.tar.gz');
  await writeFile(archive, '');
  await expect(loadIdxFolder(archive)).rejects.toThrow('it is no folder');
  await expect(loadIdxFolder(archive)).rejects.toThrow(advice);
});

test('swapped images and labels are refused with the file’s name', async () => {
  const folder = await smallFolder({
    testImages: SMALL.testLabels,
    testLabels: SMALL.testImages,
  });
  await expect(loadIdxFolder(folder)).rejects.toThrow(
    /t10k-labels-idx1-ubyte: it holds images .* swapped\?/,
  );
});

test('labels of another length, test labels out of range and other shapes are refused', async () => {
  const shortLabels = idxBytes([LABELS_MAGIC, 5], [0, 1, 2, 0, 1]);
  await expect(loadIdxFolder(await smallFolder({ trainLabels: shortLabels }))).rejects.toThrow(
    /6 images, but 5 labels/,
  );
  const unknown = idxBytes([LABELS_MAGIC, 3], [0, 3, 1]);
  await expect(loadIdxFolder(await smallFolder({ testLabels: unknown }))).rejects.toThrow(
    'label 3 of sample 1 is out of range; expected 0 to 2, the labels of the training data. The labels here are 0 to 3',
  );
  const turned = idxBytes([IMAGES_MAGIC, 3, 3, 2], new Uint8Array(18));
  await expect(loadIdxFolder(await smallFolder({ testImages: turned }))).rejects.toThrow(
    'test images are [3, 2], training images [2, 3]',
  );
});

import { expect, test } from 'vitest';
import { IMAGES_MAGIC, idxBytes, LABELS_MAGIC, SMALL } from './idx.fixture.js';
import { checkLabelRange, checkSameCount, type IdxKind, parseIdx, parseIdxHeader } from './idx.js';

const parse = (bytes: Uint8Array, kind: IdxKind) => () => parseIdx(bytes, kind, 'F');

test('images and labels are read with their shapes', () => {
  const images = parseIdx(SMALL.trainImages, 'images', 'F');
  expect(images.header).toEqual({
    kind: 'images',
    shape: [6, 2, 3],
    headerBytes: 16,
    dataBytes: 36,
  });
  expect(images.data).toEqual(SMALL.trainImages.subarray(16));
  const labels = parseIdx(SMALL.trainLabels, 'labels', 'F');
  expect(labels.header.shape).toEqual([6]);
  expect([...labels.data]).toEqual([0, 1, 2, 0, 1, 2]);
});

test('a file in the middle of a larger buffer is read at its offset', () => {
  const larger = new Uint8Array(100);
  larger.set(SMALL.testLabels, 13);
  const view = larger.subarray(13, 13 + SMALL.testLabels.length);
  expect([...parseIdx(view, 'labels', 'F').data]).toEqual([0, 1, 2]);
});

test('labels given as images, and images given as labels, are named as swapped', () => {
  expect(parse(SMALL.trainLabels, 'images')).toThrow(
    'read F: it holds labels (magic 0x00000801), expected images (magic 0x00000803); were the images and labels swapped?',
  );
  expect(parse(SMALL.trainImages, 'labels')).toThrow('it holds images (magic 0x00000803)');
});

test('other element types, other dimensions and other files are told apart', () => {
  expect(parse(idxBytes([0x00000d03, 1, 1, 1], [0, 0, 0, 0]), 'images')).toThrow(
    'it holds float32 in 3 dimensions (magic 0x00000d03)',
  );
  expect(parse(idxBytes([0x00000804, 1, 1, 1, 1], [0]), 'images')).toThrow(
    'it holds unsigned bytes in 4 dimensions',
  );
  expect(parse(new TextEncoder().encode('<html><body>404'), 'images')).toThrow(
    'read F: not an IDX file (it starts with 0x3c68746d), expected images',
  );
});

test('a file cut at any byte is refused with the length it has', () => {
  for (let length = 0; length < SMALL.testImages.length; length++) {
    expect(parse(SMALL.testImages.subarray(0, length), 'images')).toThrow(
      length < 16 ? `ends after ${length} bytes` : `truncated: ${length} bytes, expected 34`,
    );
  }
});

test('a file with a byte too many is refused', () => {
  const longer = new Uint8Array(SMALL.testLabels.length + 1);
  longer.set(SMALL.testLabels);
  expect(parse(longer, 'labels')).toThrow(
    'too long: 12 bytes (or more), expected 11 for [3] labels',
  );
});

test('absurd sizes are refused from the header alone', () => {
  const header = idxBytes([IMAGES_MAGIC, 0xffffffff, 0xffffffff, 0xffffffff], []);
  expect(() => parseIdxHeader(header, 'images', 'F')).toThrow('at most 4294967296 are accepted');
  expect(() => parseIdxHeader(SMALL.testImages, 'images', 'F', 17)).toThrow(
    'announces [3, 2, 3] images, 18 bytes; at most 17',
  );
  expect(parse(idxBytes([LABELS_MAGIC, 0], []), 'labels')).toThrow('every size must be at least 1');
});

test('a label out of range is named with its sample', () => {
  expect(() => checkLabelRange(new Uint8Array([0, 9]), 10, 'F')).not.toThrow();
  expect(() => checkLabelRange(new Uint8Array([0, 9, 10]), 10, 'F')).toThrow(
    'read F: label 10 of sample 2 is out of range; expected 0 to 9',
  );
});

test('unequal numbers of images and labels are named with both files', () => {
  const images = parseIdxHeader(SMALL.trainImages, 'images', 'I');
  const labels = parseIdxHeader(SMALL.testLabels, 'labels', 'L');
  expect(() => checkSameCount(images, 'I', labels, 'L')).toThrow(
    'read I: 6 images, but 3 labels in L',
  );
});

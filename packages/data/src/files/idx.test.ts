import { expect, test } from 'vitest';
import { IMAGES_MAGIC, idxBytes, LABELS_MAGIC, SMALL } from './idx.fixture.js';
import {
  checkIdxLength,
  checkSameCount,
  IDX_ELEMENTS,
  type IdxKind,
  parseIdxHeader,
} from './idx.js';

/** A whole file. */
const parse = (bytes: Uint8Array, kind: IdxKind) => () => {
  const header = parseIdxHeader(bytes, kind, 'F');
  checkIdxLength(header, bytes.length, 'F');
  return header;
};

test('images and labels are read with their shapes', () => {
  expect(parse(SMALL.trainImages, 'images')()).toEqual({
    kind: 'images',
    element: IDX_ELEMENTS.uint8,
    shape: [6, 2, 3],
    headerBytes: 16,
    dataBytes: 36,
  });
  expect(parse(SMALL.trainLabels, 'labels')().shape).toEqual([6]);
});

test('a file in the middle of a larger buffer is read at its offset', () => {
  const larger = new Uint8Array(100);
  larger.set(SMALL.testLabels, 13);
  const view = larger.subarray(13, 13 + SMALL.testLabels.length);
  expect(parse(view, 'labels')().shape).toEqual([3]);
});

test('flat images, images with channels and all element types are read', () => {
  expect(parse(idxBytes([0x00000802, 1, 5], [1, 2, 3, 4, 5]), 'images')().shape).toEqual([1, 5]);
  const wide = parse(idxBytes([0x00000e04, 1, 1, 1, 2], new Uint8Array(16)), 'images')();
  expect(wide).toMatchObject({ element: IDX_ELEMENTS.float64, shape: [1, 1, 1, 2], dataBytes: 16 });
  const labels = parse(idxBytes([0x00000c01, 1], new Uint8Array(4)), 'labels')();
  expect(labels).toMatchObject({ element: IDX_ELEMENTS.int32, headerBytes: 8, dataBytes: 4 });
});

test('labels given as images, and images given as labels, are named as swapped', () => {
  expect(parse(SMALL.trainLabels, 'images')).toThrow(
    'read F: it holds labels (magic 0x00000801), expected images (magic 0x00000803, or another element type); were the images and labels swapped?',
  );
  expect(parse(SMALL.trainImages, 'labels')).toThrow('it holds images (magic 0x00000803)');
});

test('other dimensions and other files are told apart', () => {
  expect(parse(idxBytes([0x00000805, 1, 1, 1, 1, 1], [0]), 'images')).toThrow(
    'it holds unsigned bytes in 5 dimensions (magic 0x00000805)',
  );
  expect(parse(idxBytes([0x00000a03, 1, 1, 1], [0]), 'images')).toThrow('not an IDX file');
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

test('unequal numbers of images and labels are named with both files', () => {
  const images = parseIdxHeader(SMALL.trainImages, 'images', 'I');
  const labels = parseIdxHeader(SMALL.testLabels, 'labels', 'L');
  expect(() => checkSameCount(images, 'I', labels, 'L')).toThrow(
    'read I: 6 images, but 3 labels in L',
  );
});

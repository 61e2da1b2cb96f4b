import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isShared } from '../shared.js';
import { loadIdxFolder } from './folder.js';
import { idxBytes, LABELS_MAGIC, SMALL, smallFolder, smallOfficial } from './idx.fixture.js';
import { loadOfficial } from './mnist.js';
import { IDX_FILES, type IdxPart } from './sources.js';

const CODES = { int8: 0x09, int16: 0x0b, int32: 0x0c, float32: 0x0d, float64: 0x0e } as const;
const BYTES = { int8: 1, int16: 2, int32: 4, float32: 4, float64: 8 } as const;

type Element = keyof typeof CODES;

/** An IDX file of these values. */
function idx(element: Element, shape: readonly number[], values: readonly number[]): Uint8Array {
  const data = new DataView(new ArrayBuffer(values.length * BYTES[element]));
  for (const [i, value] of values.entries()) {
    const at = i * BYTES[element];
    if (element === 'int8') data.setInt8(at, value);
    if (element === 'int16') data.setInt16(at, value);
    if (element === 'int32') data.setInt32(at, value);
    if (element === 'float32') data.setFloat32(at, value);
    if (element === 'float64') data.setFloat64(at, value);
  }
  const magic = 0x100 * CODES[element] + shape.length;
  return idxBytes([magic, ...shape], new Uint8Array(data.buffer));
}

/** SMALL with other images, of 6 and 3 samples: value i is `value(i)`. */
const folderOf = (element: Element, axes: readonly number[], value: (i: number) => number) => {
  const size = axes.reduce((a, b) => a * b, 1);
  const file = (samples: number) =>
    idx(
      element,
      [samples, ...axes],
      Array.from({ length: samples * size }, (_, i) => value(i)),
    );
  return smallFolder({ trainImages: file(6), testImages: file(3) });
};

describe('images that are not bytes', () => {
  it.each<[Element, (i: number) => number, number]>([
    ['int8', (i) => i - 20, 255],
    ['int16', (i) => i, 255],
    ['int16', (i) => 100 * i, 4095],
    ['int16', (i) => (i === 7 ? -32768 : i), 65535],
    ['int32', (i) => 65535 - i, 65535],
    ['float32', (i) => i / 8, 1],
    ['float64', (i) => i / 8, 1],
  ])('%s become float32 with a divisor for both parts', async (element, value, divisor) => {
    const { train, test, notes } = await loadIdxFolder(await folderOf(element, [2, 3], value));
    expect([...train.inputs]).toEqual(Array.from({ length: 36 }, (_, i) => value(i)));
    expect(train.inputs).toBeInstanceOf(Float32Array);
    expect(isShared(train.inputs)).toBe(true);
    expect([train.inputDivisor, test.inputDivisor]).toEqual([divisor, divisor]);
    expect(train.inputShape).toEqual([1, 2, 3]);
    expect(notes?.join()).toMatch(divisor === 1 ? /used as they are/ : `divided by ${divisor}`);
  });

  it('are refused where float32 cannot hold them', async () => {
    const large = await folderOf('int32', [2, 3], (i) => (i === 8 ? 2 ** 24 + 1 : 0));
    await expect(loadIdxFolder(large)).rejects.toThrow(
      'value 2 of sample 1 is 16777217, which is not a finite float32 number',
    );
    const nan = await folderOf('float32', [2, 3], (i) => (i === 7 ? Number.NaN : 0));
    await expect(loadIdxFolder(nan)).rejects.toThrow(/train-images.*value 1 of sample 1 is NaN/);
  });

  it('are refused as floats in one part and integers in the other', async () => {
    const folder = await smallFolder({ testImages: idx('float32', [3, 2, 3], Array(18).fill(0)) });
    await expect(loadIdxFolder(folder)).rejects.toThrow(
      'test images are float32, training images unsigned bytes',
    );
  });
});

describe('images of other shapes', () => {
  const bytes = (axes: readonly number[]) => {
    const size = axes.reduce((a, b) => a * b, 1);
    const file = (samples: number) =>
      idxBytes(
        [0x800 + axes.length + 1, samples, ...axes],
        Array.from({ length: samples * size }, (_, i) => i % 256),
      );
    return smallFolder({ trainImages: file(6), testImages: file(3) });
  };

  it('with channels last get them first', async () => {
    const { train } = await loadIdxFolder(await bytes([2, 5, 3]));
    expect(train.inputShape).toEqual([3, 2, 5]);
    expect([...train.inputs.subarray(30, 40)]).toEqual([30, 33, 36, 39, 42, 45, 48, 51, 54, 57]);
    expect(isShared(train.inputs)).toBe(true);
  });

  it('with channels first keep them, and flat ones stay flat', async () => {
    const { train } = await loadIdxFolder(await bytes([3, 5, 7]));
    expect(train.inputShape).toEqual([3, 5, 7]);
    expect([...train.inputs.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect((await loadIdxFolder(await bytes([6]))).train.inputShape).toEqual([6]);
    await expect(loadIdxFolder(await bytes([5, 6, 7]))).rejects.toThrow(/with at most 4 channels/);
  });
});

describe('labels', () => {
  it.each<[Element]>([['int8'], ['int16'], ['int32'], ['float64']])(
    'may be %s',
    async (element) => {
      const trainLabels = idx(element, [6], [0, 1, 2, 0, 1, 2]);
      const { train } = await loadIdxFolder(await smallFolder({ trainLabels }));
      expect([...train.targets]).toEqual([0, 1, 2, 0, 1, 2]);
    },
  );

  it('that are no classes are refused', async () => {
    const trainLabels = idx('int16', [6], [0, 1, -1, 0, 1, 2]);
    await expect(loadIdxFolder(await smallFolder({ trainLabels }))).rejects.toThrow(
      'label -1 of sample 2 is no class',
    );
  });

  it('from 1 are trained on as they are, and it is said', async () => {
    const from1 = {
      trainLabels: idxBytes([LABELS_MAGIC, 6], [1, 2, 3, 1, 2, 3]),
      testLabels: idxBytes([LABELS_MAGIC, 3], [3, 1, 2]),
    };
    const { train, notes } = await loadIdxFolder(await smallFolder(from1));
    expect(train.classes).toBe(4);
    expect(notes).toEqual([expect.stringMatching(/no label is 0 \(they are 1 to 3\).*subtract 1/)]);
    const known = loadOfficial(smallOfficial([]), { dataDir: await smallFolder(from1) });
    await expect(known).rejects.toThrow(
      'expected 0 to 2, as there are 3 classes in small; other data is loaded under another name. The labels here are 1 to 3',
    );
  });
});

describe('files of other names', () => {
  const renamed = async (names: Readonly<Record<IdxPart, string>>) => {
    const folder = await smallFolder();
    for (const part of Object.keys(names) as IdxPart[]) {
      await rm(join(folder, IDX_FILES[part]));
      await writeFile(join(folder, names[part]), SMALL[part]);
    }
    return folder;
  };
  const emnist = {
    trainImages: 'emnist-letters-train-images-idx3-ubyte',
    trainLabels: 'emnist-letters-train-labels-idx1-ubyte',
    testImages: 'emnist-letters-test-images-idx3-ubyte',
    testLabels: 'emnist-letters-test-labels-idx1-ubyte',
  };

  it('are found', async () => {
    expect((await loadIdxFolder(await renamed(emnist))).train.samples).toBe(6);
    const short = {
      trainImages: 'train_images.idx',
      trainLabels: 'train_labels.idx',
      testImages: 'test-images.idx4-float',
      testLabels: 't10k-labels',
    };
    expect((await loadIdxFolder(await renamed(short))).test.samples).toBe(3);
  });

  it('are not chosen among', async () => {
    const folder = await renamed(emnist);
    await writeFile(join(folder, 'emnist-digits-train-images-idx3-ubyte'), SMALL.trainImages);
    await expect(loadIdxFolder(folder)).rejects.toThrow(
      'several files may be meant by train-images-idx3-ubyte: emnist-digits-train-images-idx3-ubyte, emnist-letters-train-images-idx3-ubyte',
    );
  });
});

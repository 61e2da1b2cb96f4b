import { expect, test } from 'vitest';
import { type FromArraysOptions, fromArrays } from './arrays.js';
import { isShared, sharedFloat32, sharedInt32, sharedUint8 } from './shared.js';

const XOR = {
  inputs: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  inputShape: [2],
};

test('rows and labels become a classification dataset', () => {
  const dataset = fromArrays({ name: 'xor', ...XOR, labels: [0, 1, 1, 0] });
  expect(dataset).toEqual({
    name: 'xor',
    samples: 4,
    inputShape: [2],
    inputs: new Float32Array([0, 0, 0, 1, 1, 0, 1, 1]),
    inputDivisor: 1,
    targetShape: [],
    targets: new Int32Array([0, 1, 1, 0]),
    classes: 2,
  });
  expect(isShared(dataset.inputs) && isShared(dataset.targets)).toBe(true);
});

test('flat arrays of any kind and values as targets become a regression dataset', () => {
  const { inputs, targets, classes, targetShape } = fromArrays({
    inputs: new Float64Array([0.1, 0.2]),
    inputShape: [1],
    targets: [
      [1, 2],
      [3, 4],
    ],
    targetShape: [2],
  });
  expect([...inputs]).toEqual([Math.fround(0.1), Math.fround(0.2)]);
  expect(targets).toEqual(new Float32Array([1, 2, 3, 4]));
  expect([classes, targetShape]).toEqual([undefined, [2]]);
});

test('bytes stay bytes, and shared arrays are taken over without a copy', () => {
  const inputs = sharedUint8(4);
  const labels = sharedInt32(2);
  const pixels = fromArrays({ inputs, inputShape: [1, 1, 2], labels, inputDivisor: 255 });
  expect(pixels.inputs).toBe(inputs);
  expect(pixels.targets).toBe(labels);
  const own = new Uint8Array([1, 2]);
  const copied = fromArrays({ inputs: own, inputShape: [1], labels: [0, 1] }).inputs;
  expect(copied).toEqual(own);
  expect(isShared(copied)).toBe(true);
  const floats = sharedFloat32(2);
  const dataset = fromArrays({ inputs: floats, inputShape: [1], targets: floats });
  expect(dataset.inputs).toBe(floats);
});

test('each fault is named with its place and what was expected', () => {
  const faults: [Partial<FromArraysOptions>, string][] = [
    [{ inputShape: [3] }, 'row 0 of the inputs has 2 values, expected 3'],
    [{ inputs: [1, 2, 3] }, '3 input values, expected whole samples of [2]'],
    [{ inputs: [] }, 'at least one'],
    [
      { inputShape: undefined as never, inputs: undefined as never },
      'inputs are undefined; expected',
    ],
    [{ inputShape: undefined as never, inputs: [{} as never] }, 'input 0 of sample 0 is an object'],
    [{ labels: null as never }, 'labels are null; expected'],
    [{ labels: undefined as never, targets: null as never }, 'targets are null; expected'],
    [{ labels: ['cat', 'dog', 'cat', 'cow'] as never }, 'label of sample 0 is the text "cat"'],
    [{ inputShape: [0] }, 'inputShape is [0], expected a list of whole numbers of at least 1'],
    [{ inputShape: [1.5] }, 'inputShape is [1.5]'],
    [{ inputDivisor: 0 }, 'inputDivisor is 0, expected a number above 0'],
    [
      { inputs: [0, 1, Number.NaN, 3] },
      'input 0 of sample 1 is NaN; expected a number (fill in what is missing',
    ],
    [{ inputs: [0, 1, 2, 1e39] }, 'input 1 of sample 1 is 1e+39'],
    [{ labels: [0, 1, 1] }, '3 labels, expected 4'],
    [{ labels: [0, 1, 1, -1] }, 'label of sample 3 is -1; expected a whole number from 0 up'],
    [{ labels: [0, 0.5, 1, 1] }, 'label of sample 1 is 0.5'],
    [{ labels: [0, Number.NaN, 1, 1] }, 'label of sample 1 is NaN'],
    [
      { labels: [0, 1, 2, 0], classes: 2 },
      'label of sample 2 is 2; expected a whole number from 0 to 1',
    ],
    [{ classes: 2.5 }, 'classes is 2.5; expected an integer'],
    [{ targets: [1, 2, 3, 4] }, 'expected either labels (classes) or targets (values)'],
  ];
  for (const [change, message] of faults) {
    const make = () => fromArrays({ ...XOR, labels: [0, 1, 1, 0], ...change });
    expect(make).toThrow(/^fromArrays: /);
    expect(make).toThrow(message);
  }
  expect(() => fromArrays({ ...XOR, targets: [1] })).toThrow(
    '1 targets, expected 4 (4 samples of [1])',
  );
  expect(() => fromArrays({ ...XOR, targets: [1, 2, 3, 4], classes: 2 })).toThrow(
    'classes go with labels',
  );
  expect(() => fromArrays(XOR)).toThrow('expected either labels');
});

test('shapes follow from rows, and flat targets are so many values a sample', () => {
  const rows = [
    [0, 0],
    [0, 1],
    [1, 0],
  ];
  expect(fromArrays({ inputs: rows, targets: [0, 1, 1] })).toMatchObject({
    samples: 3,
    inputShape: [2],
    targetShape: [1],
  });
  expect(fromArrays({ inputs: rows, targets: rows })).toMatchObject({ targetShape: [2] });
  expect(fromArrays({ inputs: rows, targets: [1, 2, 3, 4, 5, 6] }).targetShape).toEqual([2]);
  expect(() => fromArrays({ inputs: [1, 2], targets: [1, 2] })).toThrow('inputShape is needed');
});

test('classes can have names, one for each', () => {
  const named = fromArrays({
    inputs: [[1], [2]],
    labels: [0, 1],
    classNames: ['no', 'yes', 'perhaps'],
  });
  expect([named.classes, named.classNames]).toEqual([3, ['no', 'yes', 'perhaps']]);
  const make = (classNames: string[]) => () =>
    fromArrays({ inputs: [[1], [2]], labels: [0, 1], classes: 2, classNames });
  expect(make(['no'])).toThrow('1 class names for 2 classes');
  expect(make(['no', 'no'])).toThrow('two classes are called "no"');
  expect(() => fromArrays({ inputs: [[1]], targets: [1], classNames: ['no'] })).toThrow(
    'classes go with labels',
  );
});

// Inputs and targets by name: what their rows are made of, what stays bytes, and what is refused.
import { expect, it } from 'vitest';
import { type FromArraysOptions, fromArrays } from './arrays.js';
import { firstSamples } from './split.js';

const IMAGE = Uint8Array.of(0, 51, 102, 153, 204, 255, 0, 51);
const TABLE = [
  [1, 2],
  [3, 4],
];

it('inputs of one scale that are bytes stay bytes, beside each other', () => {
  const data = fromArrays({
    inputs: { left: IMAGE, right: IMAGE.subarray(0, 2) },
    inputShape: { left: [2, 2], right: [1] },
    inputDivisor: 255,
    labels: [0, 1],
  });
  expect(data).toMatchObject({
    ...{ samples: 2, inputShape: [5], inputDivisor: 255, targetShape: [], classes: 2 },
    inputParts: [
      { name: 'left', shape: [2, 2] },
      { name: 'right', shape: [1] },
    ],
  });
  expect(data.inputs).toEqual(Uint8Array.of(0, 51, 102, 153, 0, 204, 255, 0, 51, 51));
});

it('inputs of other kinds or scales become numbers, divided already', () => {
  const data = fromArrays({
    inputs: { image: IMAGE, table: TABLE },
    inputShape: { image: [4] },
    inputDivisor: { image: 255 },
    targets: { a: [5, 6], b: TABLE },
  });
  const [fifth, two, three, four] = [51, 102, 153, 204].map((byte) => Math.fround(byte / 255));
  expect(data.inputs).toEqual(
    Float32Array.of(0, fifth!, two!, three!, 1, 2, four!, 1, 0, fifth!, 3, 4),
  );
  expect(data).toMatchObject({
    inputDivisor: 1,
    inputParts: [
      { name: 'image', shape: [4], divisor: 255 },
      { name: 'table', shape: [2] },
    ],
    ...{ targetShape: [3], classes: undefined },
    targetParts: [
      { name: 'a', shape: [1] },
      { name: 'b', shape: [2] },
    ],
  });
  expect(data.targets).toEqual(Float32Array.of(5, 1, 2, 6, 3, 4));
});

it('labels by name are rows of one 1, and parts go with the first samples', () => {
  const data = fromArrays({
    inputs: TABLE,
    labels: { kind: [2, 0] },
    classNames: { kind: ['a', 'b', 'c'] },
    targets: { size: [0.5, 1] },
  });
  expect(data.targets).toEqual(Float32Array.of(0, 0, 1, 0.5, 1, 0, 0, 1));
  expect(data.targetParts).toEqual([
    { name: 'kind', shape: [3], classNames: ['a', 'b', 'c'] },
    { name: 'size', shape: [1] },
  ]);
  expect(firstSamples(data, 1)).toMatchObject({ samples: 1, targetParts: data.targetParts });
});

it.each<[string, Partial<FromArraysOptions>, string]>([
  ['a name that is none', { inputs: { '1': TABLE } }, '"1" is no name of inputs'],
  ['no name', { inputs: {} }, 'inputs is an object without names'],
  ['other numbers of samples', { inputs: { a: TABLE, b: [[1]] } }, '"b" has 1 samples, "a" has 2'],
  [
    'one shape for all',
    { inputs: { a: TABLE }, inputShape: [2] },
    'inputShape is for one list of numbers; with names expected { a: … }',
  ],
  ['a flat input without a shape', { inputs: { a: IMAGE } }, 'inputShape: { a: … } is needed'],
  [
    'text',
    { inputs: { a: [['x'], ['y']] as never } },
    'fromArrays: "a": input 0 of sample 0 is the text "x"',
  ],
  [
    'labels without names beside targets with names',
    { labels: [0, 1], targets: { a: [1, 2] } },
    'labels are one list, and others have names',
  ],
  [
    'a name of both kinds',
    { labels: { a: [0, 1] }, targets: { a: [1, 2] } },
    '"a" has labels and targets',
  ],
  ['a label that is no class', { labels: { a: [0, 3] }, classes: { a: 2 } }, 'fromArrays: "a"'],
  [
    'too few targets',
    { labels: undefined as never, targets: { a: [[1], [2], [3]] } },
    'fromArrays: "a"',
  ],
])('%s is refused', (_, change, message) => {
  const { labels, ...rest } = { inputs: TABLE, labels: [0, 1], ...change };
  const options = { ...rest, ...(labels !== undefined && { labels }) } as FromArraysOptions;
  expect(() => fromArrays(options)).toThrow(message);
});

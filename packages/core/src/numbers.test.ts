// What people have numbers in, and what becomes of it: the same numbers in the engine's arrays, or an error that names the
// first one that cannot be the same.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { DataError } from './errors.js';
import { type NumberSource, shapeOfSamples, toFloats, toInputs, toLabels } from './numbers.js';

const place = { what: 'test', value: 'input', shape: [2] };

/** One element each, as a source of any type. */
const KINDS: readonly [string, NumberSource][] = [
  ['a plain array', [1, 2, 3, 250]],
  [
    'rows',
    [
      [1, 2],
      [3, 250],
    ],
  ],
  ['rows of typed arrays', [Uint8ClampedArray.of(1, 2), Float64Array.of(3, 250)]],
  [
    'rows of bigints',
    [
      [1n, 2n],
      [3n, 250n],
    ],
  ],
  ...[Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(
    (Type): [string, NumberSource] => [Type.name, Type.of(1, 2, 3, 250)],
  ),
  ['Float32Array', Float32Array.of(1, 2, 3, 250)],
  ['Float64Array', Float64Array.of(1, 2, 3, 250)],
  ['BigInt64Array', BigInt64Array.of(1n, 2n, 3n, 250n)],
  ['BigUint64Array', BigUint64Array.of(1n, 2n, 3n, 250n)],
  ['a Buffer', Buffer.from([0, 1, 2, 3, 250]).subarray(1)],
  ['a derived Float32Array', new (class extends Float32Array {})([1, 2, 3, 250])],
  ['a Float32Array of another realm', runInNewContext('Float32Array.of(1, 2, 3, 250)')],
  ['an array of another realm', runInNewContext('[1, 2, 3, 250]')],
  ['something like an array', { length: 4, 0: 1, 1: 2, 2: 3, 3: 250 }],
];

describe('toInputs', () => {
  test.each(KINDS)('takes %s for what it is', (_, source) => {
    const inputs = toInputs(source, place);
    expect([...inputs]).toEqual([1, 2, 3, 250]);
    expect([Uint8Array.prototype, Float32Array.prototype]).toContain(Object.getPrototypeOf(inputs));
  });

  test('leaves bytes and float32 where they are', () => {
    const bytes = Uint8Array.of(1, 2);
    const floats = Float32Array.of(1, 2);
    expect(toInputs(bytes, place)).toBe(bytes);
    expect(toInputs(floats, place)).toBe(floats);
    const canvas = Uint8ClampedArray.of(1, 2);
    expect(toInputs(canvas, place).buffer).toBe(canvas.buffer);
  });

  test('takes lists in lists as the shape says, and tells the shape of one sample', () => {
    const images = [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [7, 8, 9],
        [10, 11, 12],
      ],
    ];
    expect(shapeOfSamples(images)).toEqual([2, 3]);
    expect(shapeOfSamples([1, 2])).toBeUndefined();
    expect([...toFloats(images, { ...place, shape: [2, 3] })]).toEqual(images.flat(2));
    expect([
      ...toFloats(
        images.map((image) => image.flat()),
        { ...place, shape: [2, 3] },
      ),
    ]).toEqual(images.flat(2));
  });

  test('rounds fractions to float32', () => {
    expect([...toFloats([0.1, 1e-60, 1e30, 2 ** 24], place)]).toEqual(
      [0.1, 0, 1e30, 2 ** 24].map(Math.fround),
    );
  });

  const holes = [1, 2, 3, 4];
  delete holes[2];
  const detached = Float32Array.of(1, 2);
  structuredClone(detached, { transfer: [detached.buffer] });

  test.each<[string, unknown, string]>([
    [
      'NaN',
      [
        [1, 2],
        [3, Number.NaN],
      ],
      'input 1 of sample 1 is NaN; expected a number (fill in',
    ],
    ['NaN among floats', Float32Array.of(1, 2, NaN, 4), 'input 0 of sample 1 is NaN'],
    ['infinity', [1, Infinity], 'input 1 of sample 0 is Infinity; expected a finite float32'],
    ['what float32 cannot reach', [1, -1e39], 'input 1 of sample 0 is -1e+39; expected a finite'],
    [
      'null',
      [
        [1, 2],
        [null, 4],
      ],
      'input 0 of sample 1 is null; expected a number (fill in',
    ],
    ['undefined', [1, undefined], 'input 1 of sample 0 is undefined'],
    ['a hole', holes, 'input 0 of sample 1 is undefined'],
    [
      'nothing between commas',
      [[1, '']],
      'input 1 of sample 0 is the text ""; expected a number (fill',
    ],
    ['text', [[1, '3']], 'input 1 of sample 0 is the text "3"; expected a number'],
    ['a truth', [true, 1], 'input 0 of sample 0 is true; expected a number'],
    ['a date', [new Date(0), 1], 'input 0 of sample 0 is an object; expected a number'],
    ['a list too deep', [[[], 4]], 'input 0 of sample 0 is a list of 0; expected a number'],
    [
      'a number of 25 bits',
      Int32Array.of(1, 16777217),
      'input 1 of sample 0 is 16777217; expected a whole number that float32 holds: the nearest is 16777216',
    ],
    ['a time in ms', [1, 1700000000123], 'input 1 of sample 0 is 1700000000123; expected a whole'],
    [
      'a large bigint',
      BigInt64Array.of(0n, 2n ** 60n + 1n),
      'is 1152921504606846977n; expected a whole',
    ],
    ['a short row', [[1, 2], [3]], 'row 1 of the inputs has 1 value, expected 2 values'],
    ['no row', [[1, 2], null], 'row 1 of the inputs is null, expected 2 values'],
    ['a text as a row', [[1, 2], 'ab'], 'row 1 of the inputs is the text "ab", expected 2 values'],
    ['half a sample', [1, 2, 3], '3 input values, expected whole samples of [2], at least one'],
    ['nothing', [], '0 input values, expected whole samples'],
    ['a text', '12', 'inputs are the text "12"; expected a typed array, or a list of numbers'],
    ['null', null, 'inputs are null'],
    ['no inputs', undefined, 'inputs are undefined'],
    ['memory without a type', new ArrayBuffer(8), 'inputs are an ArrayBuffer'],
    ['a view without a type', new DataView(new ArrayBuffer(8)), 'inputs are a DataView'],
    ['a promise', Promise.resolve([1, 2]), 'inputs are a Promise'],
    ['a set', new Set([1, 2]), 'inputs are a Set'],
    ['a typed array from JSON', { 0: 1, 1: 2 }, 'an object with numbered keys, as JSON makes'],
    ['an array that was sent away', detached, 'inputs are gone'],
  ])('refuses %s', (_, source, message) => {
    const convert = () => toInputs(source as NumberSource, place);
    expect(convert).toThrow(DataError);
    expect(convert).toThrow(`test: ${message.startsWith('inputs are gone') ? 'the ' : ''}`);
    expect(convert).toThrow(message);
  });

  test('refuses a list in a list that is not as its shape says', () => {
    const ragged = [[[1, 2], [3]]];
    expect(() => toFloats(ragged, { ...place, shape: [2, 2] })).toThrow(
      'row 0 of the inputs has 1 value, expected 2 values',
    );
  });
});

describe('toLabels', () => {
  const labels = { what: 'test', value: 'label', shape: [], samples: 3 };

  test.each<[string, NumberSource]>([
    ['numbers', [0, 1, 2]],
    ['bytes', Uint8Array.of(0, 1, 2)],
    ['floats', Float32Array.of(0, 1, 2)],
    ['bigints', BigInt64Array.of(0n, 1n, 2n)],
  ])('takes %s', (_, source) => {
    expect(toLabels(source, labels, 3)).toEqual(Int32Array.of(0, 1, 2));
  });

  test('leaves an Int32Array where it is', () => {
    const own = Int32Array.of(0, 1, 2);
    expect(toLabels(own, labels)).toBe(own);
  });

  test.each<[unknown, string]>([
    [[0, 1, 3], 'label of sample 2 is 3; expected a whole number from 0 to 2'],
    [[0, -1, 1], 'label of sample 1 is -1'],
    [Int32Array.of(0, 1, -1), 'label of sample 2 is -1'],
    [[0, 0.5, 1], 'label of sample 1 is 0.5'],
    [[0, Number.NaN, 1], 'label of sample 1 is NaN'],
    [[0, null, 1], 'label of sample 1 is null'],
    [['0', 1, 1], 'label of sample 0 is the text "0"'],
    [[false, true, true], 'label of sample 0 is false'],
    [[0, 1], '2 labels, expected 3'],
  ])('refuses %j', (source, message) => {
    expect(() => toLabels(source as NumberSource, labels, 3)).toThrow(message);
  });
});

// Attributes of windows and of what picks places, as a graph from outside may have them: whatever could make a kernel read outside of
// a picture, or give a window without a tap, is refused by the shape rule; what passes is computed by both executors.
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { operatorNamed } from './registry.js';

const WINDOW = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceilMode: 0 };
const PICKING = { size: [4, 4], way: 1, rows: 0, columns: 0, value: 0 };
const GROUPS = { axis: 1, groups: 1, inner: 1, epsilon: 1e-5, centred: 1 };

function shapeOf(op: string, shape: readonly ('N' | number)[], attributes: Attributes) {
  return operatorNamed(op).shape([{ shape, type: 'f32' }], attributes);
}

describe('windows that do not fit are refused', () => {
  test.each<[string, Attributes, RegExp]>([
    ['a kernel of nothing', { kernel: [0, 2] }, /kernel is \[0, 2\], expected two whole numbers/],
    ['one length', { stride: [2] }, /stride is \[2\]/],
    ['a batch as a length', { stride: ['N', 2] }, /stride is \[N, 2\]/],
    ['a stride of 0', { stride: [0, 1] }, /stride is \[0, 1\]/],
    ['a huge kernel', { kernel: [2 ** 40, 2] }, /kernel is/],
    [
      'a kernel longer than the picture',
      { kernel: [5, 2] },
      /a kernel of 5 is longer than axis height/,
    ],
    ['padding of more than half of it', { padding: [2, 0] }, /more than half of the kernel/],
    ['neither floor nor ceil', { ceilMode: 2 }, /ceilMode is 2/],
    [
      'a window whose taps are all outside',
      { kernel: [2, 2], padding: [1, 0], dilation: [5, 1], stride: [1, 1] },
      /a window has no tap/,
    ],
  ])('%s', (_, more, message) => {
    const shape = () => shapeOf('maxPool2d', ['N', 3, 4, 6], { ...WINDOW, ...more });
    expect(shape).toThrow(ShapeError);
    expect(shape).toThrow(message);
  });

  test('and pictures that are none', () => {
    expect(() => shapeOf('maxPool2d', ['N', 4], WINDOW)).toThrow('needs pictures');
    expect(() => shapeOf('adaptiveAvgPool2d', ['N', 4, 4], { size: [0, 1] })).toThrow('size is');
  });
});

describe('places that are not there are refused', () => {
  test.each<[string, Attributes, RegExp]>([
    [
      'a mirror as long as the picture',
      { size: [8, 4], rows: 4 },
      /4 rows before and 0 after a picture of 4 cannot be mirrored/,
    ],
    [
      'less than the picture',
      { way: 0, size: [3, 4] },
      /0 rows before and -1 after .* are no padding/,
    ],
    [
      'a part of a place',
      { way: 2, size: [6, 4], rows: 0.5 },
      /0\.5 rows before .* are no padding/,
    ],
    ['a step backwards', { way: 3, rows: -1, columns: 1 }, /a step of -1 between rows/],
    ['an unknown way', { way: 4 }, /no way 4/],
  ])('%s', (_, more, message) => {
    const shape = () => shapeOf('resample2d', ['N', 1, 4, 4], { ...PICKING, ...more });
    expect(shape).toThrow(message);
  });

  test('a step far beyond the end takes the last place', () => {
    const far = { ...PICKING, way: 3, rows: 3e38, columns: 3e38 };
    expect(shapeOf('resample2d', ['N', 1, 4, 4], far)).toEqual(['N', 1, 4, 4]);
  });
});

describe('groups that do not cut their input are refused', () => {
  const shape = ['N', 6, 2] as const;
  test.each<[string, Attributes]>([
    ['groups that do not divide', { groups: 5 }],
    ['none', { groups: 0 }],
    ['inner values that do not divide', { inner: 7 }],
    ['all samples at once', { axis: 0 }],
    ['no axis', { axis: 3 }],
    ['half a mean', { centred: 2 }],
  ])('%s', (_, more) => {
    expect(() => shapeOf('groupNorm', shape, { ...GROUPS, shape, ...more })).toThrow(ShapeError);
  });

  test('and a shape that is not the input’s, or an epsilon below 0', () => {
    expect(() => shapeOf('groupNorm', shape, { ...GROUPS, shape: ['N', 12] })).toThrow('its shape');
    expect(() => shapeOf('groupNorm', shape, { ...GROUPS, shape, epsilon: -1 })).toThrow('epsilon');
  });
});

test('statistics of a shard are those of its channels', () => {
  const of = (op: string, ...shapes: readonly (readonly ('N' | number)[])[]) =>
    operatorNamed(op).shape(
      shapes.map((shape) => ({ shape, type: 'f32' as const })),
      {},
    );
  expect(of('shardMean', ['N', 3, 4], [3])).toEqual([3]);
  expect(() => of('shardMean', ['N', 3, 4], [4])).toThrow('expected [3] for each channel');
  expect(() => of('shardMean', ['N'], [1])).toThrow('needs channels');
  expect(() => of('shardVariance', [2, 3], [3], [3])).toThrow('needs channels');
});

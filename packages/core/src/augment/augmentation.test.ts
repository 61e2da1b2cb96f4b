// What each augmentation does to a picture, on bytes and on floats, and that nothing but (seed, epoch, sample) says how.
import { describe, expect, test } from 'vitest';
import {
  type Augmentation,
  augmentationNamed,
  augmentationNames,
  checkAugmentations,
  MAX_AUGMENTATIONS,
  validateAugmentations,
} from './augmentation.js';
import { Augmenter } from './augmenter.js';
import { crop } from './crop.js';
import { erase } from './erase.js';
import { flip } from './flip.js';
import { noise } from './noise.js';
import { rotate } from './rotate.js';
import { shift } from './shift.js';

const SHAPE = [2, 5, 4] as const;
const [CHANNELS, HEIGHT, WIDTH] = SHAPE;
const SIZE = CHANNELS * HEIGHT * WIDTH;
/** No value is 0, and no two are equal. */
const PICTURE = Array.from({ length: SIZE }, (_, i) => 1 + ((i * 7) % SIZE));
const ALL = [shift(1), crop(2, { border: 'reflect' }), flip(), rotate(20), erase(), noise(0.1)];

/** A picture after augmentation, in the middle of others that must stay as they are. */
function augmented(
  list: readonly Augmentation[],
  sample: number,
  { epoch = 0, seed = 3, bytes = true, picture = PICTURE, shape = SHAPE as readonly number[] } = {},
): number[] {
  const Values = bytes ? Uint8Array : Float32Array;
  const size = picture.length;
  const values = new Values(3 * size).fill(9);
  values.set(picture, size);
  const rows = { values, inputShape: shape, inputDivisor: 255 };
  new Augmenter(list, seed, rows).apply(size, sample, epoch);
  const around = [...values.subarray(0, size), ...values.subarray(2 * size)];
  expect(around.every((value) => value === 9)).toBe(true);
  return [...values.subarray(size, 2 * size)];
}

const many = (list: readonly Augmentation[], count = 200, options = {}): number[][] =>
  Array.from({ length: count }, (_, sample) => augmented(list, sample, options));
const distinct = (pictures: readonly number[][]): Set<string> =>
  new Set(pictures.map((picture) => picture.join()));

/** The picture whose pixel (y, x) is what `at` says; 0 where that is undefined. */
function drawn(at: (y: number, x: number) => readonly [number, number] | undefined): number[] {
  return Array.from({ length: SIZE }, (_, i) => {
    const channel = Math.floor(i / (HEIGHT * WIDTH));
    const from = at(Math.floor(i / WIDTH) % HEIGHT, i % WIDTH);
    return from ? PICTURE[channel * HEIGHT * WIDTH + from[0] * WIDTH + from[1]]! : 0;
  });
}
const isIn = (y: number, x: number): boolean => y >= 0 && y < HEIGHT && x >= 0 && x < WIDTH;

/** All moves by up to `most` pixels. */
function moves(most: number, at: (y: number, x: number) => readonly [number, number] | undefined) {
  const by = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  return new Set(by.flatMap((dy) => by.map((dx) => drawn((y, x) => at(y + dy, x + dx)).join())));
}

describe.each([true, false])('a picture of %s bytes', (bytes) => {
  test('is shifted by every number of pixels there is, and no other', () => {
    const expected = moves(1, (y, x) => (isIn(y, x) ? [y, x] : undefined));
    expect(distinct(many([shift(1)], 200, { bytes }))).toEqual(expected);
    expect(distinct(many([crop(1)], 200, { bytes }))).toEqual(expected);
  });

  test('is cropped of one that is mirrored at its border', () => {
    const inside = (at: number, length: number) =>
      at < 0 ? -at : at < length ? at : 2 * length - 2 - at;
    const expected = moves(2, (y, x) => [inside(y, HEIGHT), inside(x, WIDTH)]);
    const found = distinct(many([crop(2, { border: 'reflect' })], 400, { bytes }));
    expect(found).toEqual(expected);
  });

  test('is mirrored about every other time', () => {
    const found = many([flip()], 200, { bytes });
    const mirrored = drawn((y, x) => [y, WIDTH - 1 - x]).join();
    expect(distinct(found)).toEqual(new Set([PICTURE.join(), mirrored]));
    const times = found.filter((picture) => picture.join() === mirrored).length;
    expect(times).toBeGreaterThan(70);
    expect(times).toBeLessThan(130);
    expect(distinct(many([flip(1)], 20, { bytes }))).toEqual(new Set([mirrored]));
    expect(distinct(many([flip(0)], 20, { bytes }))).toEqual(new Set([PICTURE.join()]));
  });

  test('loses a rectangle, the same in every channel', () => {
    const sizes = new Set<number>();
    for (const picture of many([erase({ probability: 1, size: 0.6 })], 200, { bytes })) {
      const gone = picture.flatMap((value, i) => (value === 0 ? [i] : []));
      const plane = HEIGHT * WIDTH;
      const [first, second] = [0, 1].map((channel) =>
        gone.filter((i) => Math.floor(i / plane) === channel).map((i) => i % plane),
      );
      expect(first).toEqual(second);
      const rows = new Set(first!.map((i) => Math.floor(i / WIDTH)));
      const columns = new Set(first!.map((i) => i % WIDTH));
      expect(first).toHaveLength(rows.size * columns.size);
      expect(Math.max(...rows) - Math.min(...rows)).toBe(rows.size - 1);
      expect(Math.max(...columns) - Math.min(...columns)).toBe(columns.size - 1);
      sizes.add(10 * rows.size + columns.size);
      expect(picture.every((value, i) => value === 0 || value === PICTURE[i])).toBe(true);
    }
    expect(sizes).toEqual(new Set([11, 12, 21, 22, 31, 32]));
  });

  test('is turned about its middle: what grows in a line still does, in the direction that the angle says', () => {
    const [height, width] = [9, 9];
    const ramp = (of: (y: number, x: number) => number) =>
      Array.from({ length: height * width }, (_, i) => of(Math.floor(i / width), i % width));
    const options = { bytes: false, shape: [height, width] };
    const angles = new Set<number>();
    for (let sample = 0; sample < 20; sample++) {
      const down = augmented([rotate(30)], sample, { ...options, picture: ramp((y) => 10 + y) });
      const right = augmented([rotate(30)], sample, {
        ...options,
        picture: ramp((_, x) => 10 + x),
      });
      const at = (picture: number[], y: number, x: number) => picture[y * width + x]!;
      const cosine = at(down, 5, 4) - at(down, 4, 4);
      const sine = at(down, 4, 5) - at(down, 4, 4);
      // Float32 near 14 is exact to 1e-6.
      expect(at(down, 4, 4)).toBe(14);
      expect(cosine ** 2 + sine ** 2).toBeCloseTo(1, 5);
      expect(at(right, 4, 5) - at(right, 4, 4)).toBeCloseTo(cosine, 5);
      expect(at(right, 5, 4) - at(right, 4, 4)).toBeCloseTo(-sine, 5);
      expect(cosine).toBeGreaterThan(Math.cos(Math.PI / 6) - 1e-5);
      angles.add(sine);
    }
    expect(angles.size).toBe(20);
    expect(Math.min(...angles)).toBeLessThan(-0.1);
    expect(Math.max(...angles)).toBeGreaterThan(0.1);
    const flat = augmented([rotate(30)], 1, { bytes, shape: [9, 9], picture: ramp(() => 200) });
    expect(flat.slice(3 * 9 + 3, 3 * 9 + 6)).toEqual([200, 200, 200]);
    expect(flat[0]).toBeLessThan(200);
  });

  test('gets noise of the deviation that was asked for', () => {
    const picture = new Array(4000).fill(100);
    const found = augmented([noise(0.05)], 1, { bytes, picture, shape: [4000] });
    const differences = found.map((value) => value - 100);
    const mean = differences.reduce((a, b) => a + b) / 4000;
    const deviation = Math.sqrt(differences.reduce((a, b) => a + b * b, 0) / 4000);
    // Of 4000 numbers with deviation 12.75: four standard errors.
    expect(Math.abs(mean)).toBeLessThan(0.81);
    expect(Math.abs(deviation - 12.75)).toBeLessThan(0.6);
    expect(new Set(differences).size).toBeGreaterThan(60);
  });
});

test('bytes stay between 0 and 255', () => {
  for (const value of [0, 255]) {
    const picture = new Array(400).fill(value);
    const found = augmented([noise(0.1)], 0, { picture, shape: [400] });
    expect(found.filter((one) => one === value).length).toBeGreaterThan(150);
    expect(Math.abs(found.reduce((a, b) => a + b) / 400 - value)).toBeLessThan(14);
  }
});

test('moves and erasing give floats the values that bytes get', () => {
  const list = ALL.slice(0, 3).concat(erase());
  for (let sample = 0; sample < 20; sample++) {
    expect(augmented(list, sample, { bytes: false })).toEqual(augmented(list, sample));
  }
});

test('what comes of a sample depends on seed, epoch, sample and place in the list, and on nothing before it', () => {
  const one = { values: Uint8Array.from([...PICTURE, ...PICTURE]), inputShape: SHAPE };
  const augmenter = new Augmenter(ALL, 3, { ...one, inputDivisor: 255 });
  augmenter.apply(0, 7, 4);
  augmenter.apply(SIZE, 8, 4);
  expect([...one.values.subarray(SIZE)]).toEqual(augmented(ALL, 8, { epoch: 4 }));
  const variants = [
    augmented(ALL, 8, { epoch: 4 }),
    augmented(ALL, 8, { epoch: 5 }),
    augmented(ALL, 4, { epoch: 8 }),
    augmented(ALL, 8, { epoch: 4, seed: 4 }),
    augmented([...ALL].reverse(), 8, { epoch: 4 }),
  ];
  expect(distinct(variants).size).toBe(variants.length);
});

test('a flip after a shift draws numbers of its own: all four pairs come about', () => {
  const found = many([flip(), shift(1), flip()], 400);
  expect(distinct(found).size).toBeGreaterThan(14);
});

describe('a list from outside', () => {
  const read = (json: unknown, inputShape: readonly number[] = SHAPE, more: object = {}) => {
    const list = validateAugmentations('train', json);
    const samples = { inputShape, inputParts: undefined, inputDivisor: 255 };
    checkAugmentations('train', list, { ...samples, inputs: new Uint8Array(0), ...more });
    return list;
  };

  test('comes back as it was written, whichever it has', () => {
    expect(new Set(ALL.map(({ kind }) => kind))).toEqual(new Set(augmentationNames()));
    expect(read(JSON.parse(JSON.stringify(ALL)))).toEqual(ALL);
    expect(read([{ kind: 'shift' }, { kind: 'crop', padding: 1 }])).toEqual([shift(2), crop(1)]);
    expect(read([{ kind: 'noise' }], [7], { inputParts: [] })).toEqual([noise(0.05)]);
  });

  test('may say each in short, by its name and a number', () => {
    expect(augmentationNamed('train', 'shift', 3)).toEqual(shift(3));
    expect(augmentationNamed('train', 'erase')).toEqual(erase());
    expect(() => augmentationNamed('train', 'toString', 3)).toThrow('kind must be one of shift');
  });

  test.each<[unknown, RegExp, number[]?]>([
    [{}, /train: augment must be a list such as \[shift\(2\), flip\(\)\], got an object/],
    [new Array(MAX_AUGMENTATIONS + 1).fill(flip()), /17 augmentations, at most 16/],
    [[{ kind: 'zoom' }], /train: augment: kind must be one of shift, crop/],
    [[flip], /train: augment: expected an object with a kind/],
    [[{ kind: 'shift', pixels: 0 }], /shift: pixels must be an integer in \[1/],
    [[{ kind: 'shift', pixles: 1 }], /shift: unknown option "pixles"; did you mean pixels/],
    [[{ kind: 'crop', border: 'edge' }], /crop: border must be one of zero, reflect/],
    [[{ kind: 'flip', probability: 1.5 }], /flip: probability must be/],
    [[{ kind: 'rotate', degrees: 181 }], /rotate: degrees must be/],
    [[{ kind: 'erase', size: 0 }], /erase: size must be/],
    [[{ kind: 'noise', deviation: Number.NaN }], /noise: deviation must be/],
    [[shift()], /train: shift is for pictures of \[height, width\] or .*; a sample is \[7\]/, [7]],
    [[flip()], /flip is for pictures/, [1, 2, 3, 4]],
    [[crop(4, { border: 'reflect' })], /crop mirrors 4 pixels of pictures of 5 × 4/],
    [[crop(4)], /train: crop moves by up to 4 pixels may leave nothing of pictures of 5 × 4/],
    [[shift(4)], /train: shift moves by up to 4 pixels may leave nothing of pictures of 5 × 4/],
    [
      [noise(0.0005)],
      /train: noise of 0.0005 changes none of .* divided by 255: take more than 0.00057/,
    ],
  ])('%j is refused', (json, message, shape = [...SHAPE]) => {
    expect(() => read(json, shape)).toThrow(message);
  });

  test('noise that bytes are too coarse for is none for floats', () => {
    const floats = { inputs: new Float32Array(0) };
    expect(read([noise(0.0005)], [7], floats)).toEqual([noise(0.0005)]);
    expect(() => read([noise()], [7], { inputDivisor: 1 })).toThrow('take more than 0.14');
  });

  test('options that there are none of are refused', () => {
    const options = { vertical: true } as never;
    for (const make of [shift, flip, rotate, noise]) {
      expect(() => make(1, options)).toThrow(`${make.name}: unknown option "vertical"`);
    }
  });

  test('pictures among several inputs by name are refused', () => {
    expect(() => read([flip()], [4, 4], { inputParts: [] })).toThrow(
      'a sample is several inputs by name',
    );
  });
});

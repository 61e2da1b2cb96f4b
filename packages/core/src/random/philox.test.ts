import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { MAX_DROPOUT_LAYERS } from '../ops/dropout.js';
import { PhiloxSequence, philox4x32, seedWords } from './philox.js';
import { STREAM } from './streams.js';

/** The generator once more, in plain 64-bit integers, straight from the paper. */
function philoxBigInt(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffff_ffffn;
  let c = counter.map((word) => BigInt(word >>> 0));
  let k = key.map((word) => BigInt(word >>> 0));
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c[0]!;
    const product1 = 0xcd9e8d57n * c[2]!;
    c = [
      (product1 >> 32n) ^ c[1]! ^ k[0]!,
      product1 & mask,
      (product0 >> 32n) ^ c[3]! ^ k[1]!,
      product0 & mask,
    ];
    k = [(k[0]! + 0x9e3779b9n) & mask, (k[1]! + 0xbb67ae85n) & mask];
  }
  return c.map(Number);
}

describe('philox4x32', () => {
  const ones = 0xffff_ffff;
  // kat_vectors of Random123 1.14: philox4x32, 10 rounds.
  const vectors = [
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[ones, ones, ones, ones], [ones, ones], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const;

  it.each(vectors)('gives the known answer for counter %j and key %j', (counter, key, answer) => {
    const out = new Uint32Array(4);
    philox4x32(counter, key, out);
    expect(Array.from(out, (word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(answer);
  });

  it('agrees with 64-bit integer arithmetic on 2,000 scattered counters and keys', () => {
    const out = new Uint32Array(4);
    let word = 1;
    const next = () => {
      word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
      return word;
    };
    for (let i = 0; i < 2000; i++) {
      const counter = [next(), next(), next(), next()];
      const key = [next(), next()];
      philox4x32(counter, key, out);
      expect(Array.from(out)).toEqual(philoxBigInt(counter, key));
    }
  });
});

describe('seedWords', () => {
  it('splits a seed into its low 32 and high 21 bits', () => {
    expect(seedWords(0)).toEqual([0, 0]);
    expect(seedWords(2 ** 32 + 7)).toEqual([7, 1]);
    expect(seedWords(2 ** 53 - 1)).toEqual([0xffff_ffff, 0x1f_ffff]);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (seed) => {
    expect(() => seedWords(seed)).toThrow(ConfigError);
  });
});

describe('PhiloxSequence', () => {
  it('reads the blocks of its address in order', () => {
    const sequence = new PhiloxSequence(2 ** 40 + 5, 3, 9);
    for (let block = 0; block < 3; block++) {
      const expected = philoxBigInt([block, 0, 9, 3], [5, 2 ** 8]);
      expect([1, 2, 3, 4].map(() => sequence.nextU32())).toEqual(expected);
    }
  });

  it('makes floats of the top 24 bits and doubles of two words', () => {
    const words = new PhiloxSequence(1, 2, 3);
    const floats = new PhiloxSequence(1, 2, 3);
    const doubles = new PhiloxSequence(1, 2, 3);
    for (let i = 0; i < 100; i++) {
      const [a, b] = [words.nextU32(), words.nextU32()];
      expect(floats.nextFloat()).toBe(Math.floor(a / 256) / 2 ** 24);
      expect(floats.nextFloat()).toBe(Math.floor(b / 256) / 2 ** 24);
      const mantissa = (BigInt(a >>> 5) << 26n) | BigInt(b >>> 6);
      expect(doubles.nextDouble()).toBe(Number(mantissa) / 2 ** 53);
    }
  });

  it('nextBelow takes the high half of the product and skips the words that would bias it', () => {
    // 2^32 mod 3·2^30 is 2^30: about a quarter of the words must be drawn again.
    const limit = 3 * 2 ** 30;
    const words = new PhiloxSequence(7, 1, 0);
    const sequence = new PhiloxSequence(7, 1, 0);
    let skipped = 0;
    for (let i = 0; i < 400; i++) {
      let product = BigInt(words.nextU32()) * BigInt(limit);
      while ((product & 0xffff_ffffn) < 2n ** 30n) {
        product = BigInt(words.nextU32()) * BigInt(limit);
        skipped++;
      }
      expect(sequence.nextBelow(limit)).toBe(Number(product >> 32n));
    }
    expect(skipped).toBeGreaterThan(50);
  });

  it('refuses an index or a stream that is not an unsigned 32-bit integer', () => {
    expect(() => new PhiloxSequence(0, -1, 0)).toThrow(/stream must be an integer/);
    expect(() => new PhiloxSequence(0, 0, 2 ** 32)).toThrow(/index must be an integer/);
  });
});

describe('STREAM', () => {
  it('gives each use its own number, and the layers of dropout and of augmentation stretches of their own', () => {
    const { dropout, augment, ...others } = STREAM;
    const numbers = Object.values(others);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBeLessThan(dropout);
    expect(dropout + MAX_DROPOUT_LAYERS).toBeLessThanOrEqual(augment);
  });
});

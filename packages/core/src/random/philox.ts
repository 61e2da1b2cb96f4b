// Philox4x32-10: a counter-based random generator. A block of four words is a pure function of a
// 128-bit counter and a 64-bit key, so any number of a run can be recomputed from its address alone:
// key = seed, counter = [block, block's high word, index, stream]. There is no state to carry.
// Bits are the same on every engine: 32-bit integer operations only. Not for cryptography.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
import { requireInteger } from '@lockstep/errors';

const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;
const ROUNDS = 10;
const UINT32_MAX = 0xffff_ffff;

// Literals, because engines may round ** as they like.
const TWO_24 = 0x100_0000;
const TWO_26 = 0x400_0000;
const TWO_32 = 0x1_0000_0000;
const TWO_53 = 0x20_0000_0000_0000;

/** The high 32 bits of the unsigned 64-bit product, as a signed integer; by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** One block, from scalars so that nothing is allocated. */
function block(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Writes one block of four random words. Allocates nothing.
 *
 * @param counter 4 unsigned 32-bit words, lowest first
 * @param key 2 unsigned 32-bit words, lowest first
 * @param out at least 4 words; the first 4 are written
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  out: Uint32Array,
): void {
  block(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out);
}

/**
 * The key of a seed: its low 32 bits, then its high 21.
 *
 * @param seed an integer in [0, 2^53)
 * @throws ConfigError otherwise
 */
export function seedWords(seed: number): [low: number, high: number] {
  requireInteger('seed', 'the seed', seed, 0);
  return [seed >>> 0, Math.floor(seed / TWO_32)];
}

/**
 * The random words at the address (seed, stream, index), in order from word 0. Word w is word w mod 4
 * of block floor(w / 4). Two sequences with the same address give the same numbers.
 */
export class PhiloxSequence {
  readonly #key0: number;
  readonly #key1: number;
  #index: number;
  readonly #stream: number;
  readonly #words = new Uint32Array(4);
  #block0 = 0;
  #block1 = 0;
  #used = 4;

  /**
   * @param seed an integer in [0, 2^53)
   * @param stream one of STREAM's numbers
   * @param index an unsigned 32-bit integer: an epoch, a step or a parameter's position
   * @throws ConfigError if one of them is out of range
   */
  constructor(seed: number, stream: number, index: number) {
    [this.#key0, this.#key1] = seedWords(seed);
    this.#stream = requireInteger('random sequence', 'the stream', stream, 0, UINT32_MAX);
    this.#index = requireInteger('random sequence', 'the index', index, 0, UINT32_MAX);
  }

  /**
   * Goes on with the words of another index, from word 0 of the row `row` of them: 2^34 words that no other row has.
   * Both are unsigned 32-bit integers; not checked.
   */
  restart(index: number, row: number): void {
    this.#index = index;
    this.#block0 = 0;
    this.#block1 = row;
    this.#used = 4;
  }

  /** The next word, in [0, 2^32). */
  nextU32(): number {
    if (this.#used === 4) {
      block(
        this.#block0,
        this.#block1,
        this.#index,
        this.#stream,
        this.#key0,
        this.#key1,
        this.#words,
      );
      this.#block0 = (this.#block0 + 1) >>> 0;
      if (this.#block0 === 0) this.#block1 = (this.#block1 + 1) >>> 0;
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }

  /** The next multiple of 2^-24 in [0, 1); takes one word. Exact in float32. */
  nextFloat(): number {
    return (this.nextU32() >>> 8) / TWO_24;
  }

  /** The next multiple of 2^-53 in [0, 1); takes two words. */
  nextDouble(): number {
    const high = this.nextU32() >>> 5;
    const low = this.nextU32() >>> 6;
    return (high * TWO_26 + low) / TWO_53;
  }

  /**
   * The next integer in [0, limit), every one equally likely; takes one word, rarely more.
   *
   * @param limit an integer in [1, 2^32); not checked
   *
   * The high half of word × limit is the result; a word whose low half falls among the first
   * 2^32 mod limit is drawn again, which makes it unbiased.
   * Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019).
   */
  nextBelow(limit: number): number {
    let word = this.nextU32();
    let low = Math.imul(word, limit) >>> 0;
    if (low < limit) {
      const excess = (TWO_32 - limit) % limit;
      while (low < excess) {
        word = this.nextU32();
        low = Math.imul(word, limit) >>> 0;
      }
    }
    return multiplyHigh(word, limit) >>> 0;
  }
}

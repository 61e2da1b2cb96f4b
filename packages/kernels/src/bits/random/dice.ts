// Random words by their address: whoever knows the address has the word again, and nothing else decides it. For tests of
// kernels; the product's random numbers are Philox's, which is a kernel, and so no judge of kernels.

/** Scrambles 32 bits: each bit of x changes half of them. Source: C. Wellons, Prospecting for hash functions (2018). */
export function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** From one word of a stretch to the next, before they are scrambled. */
const STEP = 0x9e3779b9;

export class Dice {
  readonly #key: number;
  #count = 0;

  constructor(...address: number[]) {
    this.#key = address.reduce((key, part) => scramble(key + STEP + part), 0);
  }

  /** The next 32 bits. */
  word(): number {
    return scramble(this.#key + Math.imul(this.#count++, STEP));
  }

  /** The next n words, as what `to` makes of each. */
  fill(words: Uint32Array, to: (word: number, index: number) => number): void {
    const first = this.#count;
    this.#count += words.length;
    for (let i = 0; i < words.length; i++) {
      words[i] = to(scramble(this.#key + Math.imul(first + i, STEP)), i);
    }
  }

  /** A whole number in [0, below); 0 if there is none. */
  below(below: number): number {
    return below > 0 ? Math.floor((this.word() / 2 ** 32) * below) : 0;
  }

  /** A whole number from low to high. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in so many. */
  once(many: number): boolean {
    return this.below(many) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

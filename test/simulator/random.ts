// Where a simulation's luck comes from: one number in, the same sequence out, on every machine.
// Source: SplitMix32, Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, narrowed.

export class Random {
  #state: number;

  /** @param stream sequences of one seed do not resemble each other */
  constructor(seed: number, stream = 0) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0;
    for (let i = 0; i < 4; i++) this.u32();
  }

  u32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  }

  /** In [0, 1). */
  float(): number {
    return this.u32() / 2 ** 32;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.float() * limit);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** Small numbers as likely as large ones: each power of two between has its share. */
  magnitude(low: number, high: number): number {
    return low * 2 ** (Math.log2(high / low) * this.float());
  }

  chance(share: number): boolean {
    return this.float() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

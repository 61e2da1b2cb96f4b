// Reproducible random numbers for tests: one integer makes the whole sequence, on every engine.
// Source: mulberry32, Tommy Ettinger (2017). Not for products, which use Philox.
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  float(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  /** Values that float32 holds, so that both precisions start from the same numbers. */
  floats(length: number, low = -1, high = 1): Float32Array {
    return Float32Array.from({ length }, () => this.float(low, high));
  }

  /** The same, no two of them nearer than about (high − low) / 2·length: no ties and no near ties. */
  distinctFloats(length: number, low = -1, high = 1): Float32Array {
    const order = Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const width = (high - low) / length;
    return Float32Array.from(order, (place) => low + width * (place + this.float(0.25, 0.75)));
  }
}

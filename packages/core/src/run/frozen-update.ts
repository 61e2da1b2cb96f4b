// The step of parameters that are frozen: they and the optimizer's vectors for them go on as they are.
import type { Stretch, TileUpdate } from './tile-update.js';

export class FrozenUpdate implements TileUpdate {
  readonly #floats: Float32Array;
  /** Where each vector lies in a state: the parameters, then the optimizer's. */
  readonly #vectors: readonly number[];

  /** @param vectors byte offsets */
  constructor(memory: WebAssembly.Memory, vectors: readonly number[]) {
    this.#floats = new Float32Array(memory.buffer);
    this.#vectors = vectors;
  }

  begin(): void {}

  bind({ to, from, length }: Stretch): () => boolean {
    return () => {
      for (const vector of this.#vectors) {
        const start = (from + vector) / 4;
        this.#floats.copyWithin((to + vector) / 4, start, start + length);
      }
      return true;
    };
  }
}

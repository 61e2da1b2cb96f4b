// What two machines compare of the partial sums that both have computed: the float32 of the blocks, in order. Every NaN
// counts as the same one: its bits differ between processors, and a step that has one is not taken.
import type { HeldBlock } from '@lockstep/tree';

/** The quiet NaN without a sign or payload. */
const NAN_BITS = 0x7fc0_0000;

/** @param floats of each block @returns a copy of each block's bytes, made when it is asked for */
export function* comparableBlocks(
  memory: WebAssembly.Memory,
  blocks: readonly HeldBlock[],
  floats: number,
): Generator<Uint8Array> {
  for (const { address } of blocks) {
    const values = new Float32Array(memory.buffer, address, floats).slice();
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < floats; i++) if (Number.isNaN(values[i])) bits[i] = NAN_BITS;
    yield new Uint8Array(values.buffer);
  }
}

// What two machines compare of the partial sums that both have computed: SHA-256 over the float32 of the blocks, in
// order. Every NaN counts as the same one: its bits differ between processors, and a step that has one is not taken.
import { createHash } from 'node:crypto';
import type { HeldBlock } from '@lockstep/tree';

/** The quiet NaN without a sign or payload. */
const NAN_BITS = 0x7fc0_0000;

/** @param floats of each block @returns in hex */
export function digestBlocks(
  memory: WebAssembly.Memory,
  blocks: readonly HeldBlock[],
  floats: number,
): string {
  const hash = createHash('sha256');
  for (const { address } of blocks) {
    const values = new Float32Array(memory.buffer, address, floats).slice();
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < floats; i++) if (Number.isNaN(values[i])) bits[i] = NAN_BITS;
    hash.update(bits);
  }
  return hash.digest('hex');
}

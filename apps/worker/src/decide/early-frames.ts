// Frames of a generation that came before this worker could take them: others may be told of it, and prepared, before this
// one's engine is.
// Invariant: of each member no more is kept than its blocks and a sum, which is all it can have to send before it hears of
// this worker. Payloads are copies.
import { alignedBlocks, type Range } from '@lockstep/tree';
import type { WorkerInput } from './border.js';

export type FrameInput = Extract<WorkerInput, { type: 'frame' }>;

export class EarlyFrames {
  #kept: FrameInput[] = [];

  /**
   * @param sender its shards, if they are told already
   * @returns whether there was room
   */
  keep(frame: FrameInput, sender: Range | undefined): boolean {
    const kept = this.#kept.filter((other) => other.from === frame.from).length;
    if (kept === 2 + (sender ? alignedBlocks(sender).length : 0)) return false;
    this.#kept.push({ ...frame, payload: frame.payload.map((piece) => piece.slice()) });
    return true;
  }

  /** All, in the order in which they came, once. */
  take(): FrameInput[] {
    return this.#kept.splice(0);
  }
}

// The least memory that a draft's arena could have: what is kept, and the most that is alive at once besides, each tensor from
// the operation that writes it to the last that reads it. What a layout comes to is measured by it.
import { alignUp } from '../plan/arena.js';
import type { Draft } from '../plan/draft.js';

export function liveBytes({ graph, tensors, compute, kept, places }: Draft): number {
  const sizeOf = (tensor: number): number => alignUp(Math.max(tensors[tensor]!.bytes, 1));
  const keptBytes = kept.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const begins = new Map<number, number>();
  const ends = new Map<number, number>();
  for (const [at, { writes, reads }] of compute.entries()) {
    begins.set(writes, at);
    ends.set(writes, at);
    for (const read of reads) ends.set(tensors[read]!.memory, at);
  }
  for (const output of Object.values(graph.outputs))
    ends.set(tensors[output]!.memory, compute.length);
  const changes = new Array<number>(compute.length + 2).fill(0);
  for (const [tensor, begin] of begins) {
    if (places.has(tensor) || kept.includes(tensor)) continue;
    changes[begin]! += sizeOf(tensor);
    changes[ends.get(tensor)! + 1]! -= sizeOf(tensor);
  }
  let [alive, most] = [0, 0];
  for (const [at, change] of changes.entries()) {
    alive += change;
    const scratch = compute[at]?.scratch;
    most = Math.max(most, alive + (scratch === undefined ? 0 : sizeOf(scratch)));
  }
  return keptBytes + most;
}

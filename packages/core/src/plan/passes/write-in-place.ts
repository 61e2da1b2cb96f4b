// Results are written straight into the partial, by the operation that computes them, instead of being copied there.
// Where one tensor serves several results, or is not computed once a shard, the others stay copies.
import type { Draft } from '../draft.js';

export function writeInPlace(draft: Draft): Draft {
  const places = new Map(draft.places);
  const computed = new Set(draft.compute.map(({ writes }) => writes));
  const compute = draft.compute.filter(({ copies, writes }) => {
    if (copies === undefined) return true;
    const { memory } = draft.tensors[copies]!;
    if (!computed.has(memory) || places.has(memory)) return true;
    places.set(memory, places.get(writes)!);
    return false;
  });
  return { ...draft, places, compute };
}

// The most frequent pair of tokens first: a binary heap of what counts were when they changed. An entry whose count has changed
// since is passed over when it comes up, since a newer one lies in the heap, too.
// Invariant: of pairs that are as frequent, the one with the smaller number comes first.

interface Entry {
  readonly pair: number;
  readonly times: number;
}

export class PairQueue {
  readonly #counts: ReadonlyMap<number, number>;
  readonly #heap: Entry[] = [];

  /** @param counts how often each pair occurs now */
  constructor(counts: ReadonlyMap<number, number>) {
    this.#counts = counts;
  }

  /** After the pair's count has changed. */
  put(pair: number): void {
    const times = this.#counts.get(pair)!;
    if (times < 2) return;
    const heap = this.#heap;
    const entry = { pair, times };
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(entry, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  /** @returns the most frequent pair, which is in the queue no more; undefined if none occurs twice */
  take(): number | undefined {
    for (let first = this.#pop(); first; first = this.#pop()) {
      if (this.#counts.get(first.pair) === first.times) return first.pair;
    }
    return undefined;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      const other = below + 1;
      if (other < heap.length && isBefore(heap[other]!, heap[below]!)) below = other;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.times > b.times || (a.times === b.times && a.pair < b.pair);
}

// Simulated time: what is to happen, in order of time, and of arranging it where the time is the same.

export type Action = () => void | Promise<void>;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly action: Action;
}

export class Clock {
  /** Milliseconds since the simulation began. */
  now = 0;
  #order = 0;
  /** A binary heap: each entry comes before the two at twice its place. */
  readonly #heap: Entry[] = [];

  at(at: number, action: Action): void {
    const heap = this.#heap;
    heap.push({ at: Math.max(at, this.now), order: this.#order++, action });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i]!, heap[parent]!)) break;
      swap(heap, i, parent);
      i = parent;
    }
  }

  after(delayMs: number, action: Action): void {
    this.at(this.now + delayMs, action);
  }

  /** Goes on to the next thing that happens. @returns it; undefined if nothing ever will */
  next(): Action | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return undefined;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
        }
        if (least === i) break;
        swap(heap, i, least);
        i = least;
      }
    }
    this.now = first.at;
    return first.action;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function swap(heap: Entry[], a: number, b: number): void {
  const entry = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = entry;
}

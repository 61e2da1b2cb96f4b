// Contiguous ranges: of shards, of floats, of tiles, of chunks; and how a run of things is dealt to several parties in order.

/** From `first` on, without `end`; empty if they are the same. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

export function rangeLength({ first, end }: Range): number {
  return end - first;
}

/** Where range `index` of `count` things in `parties` begins, which differ by at most one; range `parties` begins at the end. */
export function cutAt(count: number, parties: number, index: number): number {
  return Math.floor((index * count) / parties);
}

/**
 * Splits `count` things, the first of which is `first`, into `parties` contiguous ranges that differ by at most one.
 *
 * With count and parties both powers of two, and `first` 0, each range is one aligned block, so each party hands over
 * one partial.
 */
export function partition(count: number, parties: number, first = 0): Range[] {
  return Array.from({ length: parties }, (_, rank) => ({
    first: first + cutAt(count, parties, rank),
    end: first + cutAt(count, parties, rank + 1),
  }));
}

/** The contiguous ranges of so many each, from 0 on. */
export function rangesOf(lengths: readonly number[]): Range[] {
  let end = 0;
  return lengths.map((length) => {
    const first = end;
    end += length;
    return { first, end };
  });
}

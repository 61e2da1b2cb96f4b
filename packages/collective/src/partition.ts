// Who computes which shards: contiguous ranges, in rank order.

export interface Range {
  readonly first: number;
  readonly end: number;
}

/**
 * Splits 0 … count − 1 into `parties` contiguous ranges that differ by at most one.
 *
 * With count and parties both powers of two each range is one aligned block, so each party hands over one
 * partial.
 */
export function partition(count: number, parties: number): Range[] {
  return Array.from({ length: parties }, (_, rank) => ({
    first: Math.floor((rank * count) / parties),
    end: Math.floor(((rank + 1) * count) / parties),
  }));
}

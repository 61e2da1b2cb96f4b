// Repeatable dice. What real processes make of a throw differs from run to run; which faults they meet does not.

/** Whole numbers in [0, below). */
export type Roll = (below: number) => number;

/** Mulberry32. */
export function dice(seed: number): Roll {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function pick<T>(roll: Roll, list: readonly T[]): T {
  return list[roll(list.length)]!;
}

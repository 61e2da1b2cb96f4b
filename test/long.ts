// What takes long and is more of the same: more topologies, signals, colours, schedulers. Every test run tries one of each kind;
// `pnpm long` tries all.

export const isLong = process.env.LOCKSTEP_LONG !== undefined;

/** The first few of a table's rows, or all of them. */
export function some<Row>(count: number, rows: readonly Row[]): readonly Row[] {
  return isLong ? rows : rows.slice(0, count);
}

// How the numbers of each layer were spread, over the steps at which somebody looked.
// Invariant: bounded, however long a run goes on: when it is full every other column goes, and the newest stays. A step that was
// passed before, as after a run was taken up again, takes back what came after it.
import { type Histogram, rebinned } from '../brain/histogram.js';

export interface Column {
  readonly step: number;
  readonly histogram: Histogram;
}

const MOST_COLUMNS = 160;

export class SpreadHistory {
  readonly #columns = new Map<string, Column[]>();

  /** @param name of what is spread: `layers.0 weights` */
  push(name: string, step: number, histogram: Histogram): void {
    const before = (this.#columns.get(name) ?? []).filter((column) => column.step < step);
    const columns = [...before, { step, histogram }];
    const isFull = columns.length > MOST_COLUMNS;
    this.#columns.set(name, isFull ? everyOther(columns) : columns);
  }

  /** In the order of steps. */
  of(name: string): readonly Column[] {
    return this.#columns.get(name) ?? [];
  }
}

function everyOther(columns: readonly Column[]): Column[] {
  const last = columns.length - 1;
  return columns.filter((_, i) => (last - i) % 2 === 0);
}

/** Columns over common bins. */
export interface SpreadMap {
  readonly low: number;
  readonly high: number;
  readonly bins: number;
  /** Of each column the share in each bin, from low to high. */
  readonly shares: readonly (readonly number[])[];
  /** The largest share. */
  readonly most: number;
}

export function spreadMap(columns: readonly Column[], bins: number): SpreadMap {
  const low = Math.min(...columns.map(({ histogram }) => histogram.low));
  const high = Math.max(...columns.map(({ histogram }) => histogram.high));
  const shares = columns.map(({ histogram }) => rebinned(histogram, low, high, bins));
  const most = Math.max(...shares.flat(), 0);
  return { low, high, bins, shares, most };
}

/**
 * Where columns begin and end on an axis of steps: each lasts until the next one, the last as long as the one before it.
 *
 * @returns shares of the axis, in [0, 1], one more than there are columns
 */
export function columnEdges(columns: readonly Column[]): number[] {
  const steps = columns.map(({ step }) => step);
  const last = steps.at(-1) ?? 0;
  const lasts = steps.length > 1 ? last - steps.at(-2)! : 1;
  const [first = 0] = steps;
  const whole = last + lasts - first;
  return [...steps, last + lasts].map((step) => (step - first) / whole);
}

// One number of a run over its steps, kept in bounded memory: when there are too many points the older ones are thinned by
// largest triangles, which keeps peaks and the shape as a person sees it.
// Invariant: points stay in the order of steps, the first and the newest are always there, and each point is one that was
// measured: nothing is averaged.
// Source: Steinarsson, Downsampling Time Series for Visual Representation (2013), §4.2.

/** More points than that are thinned. */
export const MOST_POINTS = 4000;
/** The newest are kept as they came: what is looked at closely while a run goes on. */
const NEWEST = 500;

export class Curve {
  #steps: number[] = [];
  #values: number[] = [];

  get steps(): readonly number[] {
    return this.#steps;
  }

  get values(): readonly number[] {
    return this.#values;
  }

  /** A point at a step that was passed before, as after a resume, takes back all that was said of later ones. */
  push(step: number, value: number): void {
    while (this.#steps.length > 0 && this.#steps.at(-1)! >= step) {
      this.#steps.pop();
      this.#values.pop();
    }
    this.#steps.push(step);
    this.#values.push(value);
    if (this.#steps.length > MOST_POINTS) this.#thin();
  }

  #thin(): void {
    const old = this.#steps.length - NEWEST;
    const kept = largestTriangles(
      this.#steps.slice(0, old),
      this.#values.slice(0, old),
      MOST_POINTS / 2 - NEWEST,
    );
    const newest = Array.from({ length: NEWEST }, (_, i) => old + i);
    const all = [...kept, ...newest];
    this.#steps = all.map((i) => this.#steps[i]!);
    this.#values = all.map((i) => this.#values[i]!);
  }
}

/**
 * The first point, the last, and of each of `count` − 2 buckets between them the point that spans the largest triangle with
 * the one chosen before it and the mean of the bucket after it.
 *
 * @param count at least 3 and at most as many as there are points
 * @returns indices, ascending
 */
export function largestTriangles(
  xs: readonly number[],
  ys: readonly number[],
  count: number,
): number[] {
  const last = xs.length - 1;
  const begin = (bucket: number): number => 1 + Math.floor((bucket * (last - 1)) / (count - 2));
  const chosen = [0];
  for (let bucket = 0; bucket < count - 2; bucket++) {
    const [first, end] = [begin(bucket), begin(bucket + 1)];
    const next = bucket === count - 3 ? [last, last + 1] : [end, begin(bucket + 2)];
    const aim = { x: mean(xs, next[0]!, next[1]!), y: mean(ys, next[0]!, next[1]!) };
    const from = { x: xs[chosen.at(-1)!]!, y: ys[chosen.at(-1)!]! };
    let best = first;
    let largest = -1;
    for (let i = first; i < end; i++) {
      const area = Math.abs(
        (from.x - aim.x) * (ys[i]! - from.y) - (from.x - xs[i]!) * (aim.y - from.y),
      );
      if (area > largest) [best, largest] = [i, area];
    }
    chosen.push(best);
  }
  chosen.push(last);
  return chosen;
}

function mean(values: readonly number[], first: number, end: number): number {
  let sum = 0;
  for (let i = first; i < end; i++) sum += values[i]!;
  return sum / (end - first);
}

// Counts that others keep, by name, as counters that never go back: whoever comes again under its name begins anew, and of two
// under one name one may go.
// Invariant: what is kept is bounded by the names that are there.
import type { Value } from './metric.js';

export class Rising {
  #known = new Map<string, { readonly base: number; readonly value: number }>();

  /** @param counts of those that are there now; undefined where nobody counts */
  over(counts: readonly (readonly [name: string, count: number | undefined])[]): Value[] {
    const sums = new Map<string, number>();
    for (const [name, count] of counts) {
      if (count !== undefined) sums.set(name, (sums.get(name) ?? 0) + count);
    }
    const known = [...sums].map(([name, sum]) => {
      const { base = 0, value = 0 } = this.#known.get(name) ?? {};
      const risen = Math.max(base + sum, value);
      return [name, { base: risen - sum, value: risen }] as const;
    });
    this.#known = new Map(known);
    return known.map(([worker, { value }]) => ({ value, labels: { worker } }));
  }
}

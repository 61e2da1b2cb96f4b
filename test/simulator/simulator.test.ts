// Clusters that never were: the real coordinator and the real workers live through crashes, cuts and lost writes, a
// life a seed, and each must end with the bits of one thread. LOCKSTEP_SEEDS=1000000 lives more of them;
// LOCKSTEP_SEED=n lives one again.
import { describe, expect, it } from 'vitest';
import { truths } from './oracle.js';
import { simulateOrReport } from './report.js';
import { simulate } from './simulate.js';

const SEEDS = Number(process.env.LOCKSTEP_SEEDS ?? 600);
const ONE = process.env.LOCKSTEP_SEED;
const SLICE = Math.max(250, Math.ceil(SEEDS / 100));
/** Fifty times what a seed takes on one core of an AMD EPYC with another process on it: it ends a simulation that hangs. */
const SEED_MS = 1000;

const slices = Array.from({ length: Math.ceil(SEEDS / SLICE) }, (_, i) => ({
  first: i * SLICE,
  last: Math.min(SEEDS, (i + 1) * SLICE) - 1,
}));

describe.runIf(ONE === undefined)('a cluster in which things go wrong', () => {
  it.each(slices)(
    'ends with the bits of one thread, and breaks no rule on the way (seeds $first to $last)',
    async ({ first, last }) => {
      const all = await truths();
      const sum = {
        generations: 0,
        faults: 0,
        stale: 0,
        sums: 0,
        steps: 0,
        caughtUp: 0,
        replayed: 0,
        buckets: 0,
        givenUp: 0,
        kept: 0,
      };
      for (let seed = first; seed <= last; seed++) {
        const { counts } = await simulateOrReport(seed, all);
        for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
      }
      const seeds = last - first + 1;
      // A simulation in which little happens proves little. It is about twice of each.
      expect(sum.faults / seeds).toBeGreaterThan(3.5);
      expect(sum.generations / seeds).toBeGreaterThan(2);
      expect(sum.stale / seeds).toBeGreaterThan(12);
      expect(sum.sums / seeds).toBeGreaterThan(12);
      expect(sum.steps / seeds).toBeGreaterThan(20);
      expect(sum.caughtUp / seeds).toBeGreaterThan(0.6);
      expect(sum.buckets / seeds).toBeGreaterThan(2);
      expect(sum.replayed / seeds).toBeGreaterThan(0.25);
      expect(sum.givenUp / seeds).toBeGreaterThan(0.25);
      expect(sum.kept / seeds).toBeGreaterThan(0.15);
    },
    SLICE * SEED_MS,
  );

  it('goes the same way twice, to the last event', async () => {
    const all = await truths();
    for (const seed of [1, 13, 78, 149]) {
      const { fingerprint, events, counts } = await simulate(seed, all);
      const again = await simulate(seed, all, { isTraced: true });
      expect(again.counts).toEqual(counts);
      expect([again.events, again.fingerprint]).toEqual([events, fingerprint]);
    }
  });
});

describe.runIf(ONE !== undefined)('one seed', () => {
  it(`breaks no rule (seed ${ONE})`, async () => {
    await simulateOrReport(Number(ONE), await truths());
  });
});

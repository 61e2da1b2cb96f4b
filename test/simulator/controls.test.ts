// Whether the simulator would notice: defects put in on purpose, each of which some seed must find.
import { describe, expect, it } from 'vitest';
import { truths } from './oracle.js';
import { simulate } from './simulate.js';
import type { Defect } from './world.js';

/** A defect needs a generation in which it matters: most seeds have one. */
const SEEDS = 20;

/** A run is told to stop, or given up, in one seed of a few. */
const MORE_SEEDS = 60;

const DEFECTS: readonly [what: string, defect: Defect, found: RegExp, seeds?: number][] = [
  [
    'one worker adds shards up in another order than the tree',
    'tree-order',
    /two digests for step|is not the sum of its shards|is not that of all shards|refused: audit|two values of the sums/,
  ],
  [
    'nobody looks at generations',
    'generation-unchecked',
    /honest worker|broke the protocol|goes back|two digests|not the sum|nothing has happened/,
  ],
  ['one worker counts a shard twice', 'shard-twice', /is not the sum of its shards|two digests/],
  [
    'the disk does not flush',
    'fsync-skipped',
    /was flushed|it must grow|was given out by the coordinators/,
  ],
  [
    'a run is given up before its newest step is saved',
    'gives-up-unsaved',
    /^at [\d.]+ ms: given up \((mesh|stopped|run-failed)\): w\d holds step/,
    MORE_SEEDS,
  ],
];

describe('the simulator', () => {
  it.each(DEFECTS)('notices that %s', async (_, defect, found, seeds = SEEDS) => {
    const all = await truths();
    const violations: string[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const { violation } = await simulate(seed, all, { defect });
      if (violation !== undefined) violations.push(violation);
    }
    expect(violations.length).toBeGreaterThan(seeds > SEEDS ? 2 : SEEDS / 5);
    for (const violation of violations) expect(violation).toMatch(found);
  });

  it('says of the same seeds that nothing is wrong, when nothing is', async () => {
    const all = await truths();
    for (let seed = 0; seed < SEEDS; seed++) {
      expect((await simulate(seed, all)).violation).toBeUndefined();
    }
  });
});

import { expect, it } from 'vitest';
import { withoutShards } from './without-shards.js';

const member = (first: number, end: number) => ({ name: 'w', url: null, first, end });

it('a worker without a shard is told how many shards there are, for how many, and what would give it one', () => {
  const members = [member(0, 1), member(1, 2), member(2, 2)];
  expect(withoutShards({ rank: 2, members, behind: [] }, 2)).toBe(
    'no shard for this worker: 2 shards for 3 workers; a run that is begun with more --shards has one for each, and the coordinator tells how many',
  );
  expect(withoutShards({ rank: 0, members, behind: [] }, 2)).toBeUndefined();
  expect(withoutShards({ rank: 2, members, behind: [2] }, 2)).toBeUndefined();
});

it('one that is too slow for a share is told so', () => {
  const members = [member(0, 8), member(8, 8)];
  expect(withoutShards({ rank: 1, members, behind: [] }, 8)).toMatch(
    /8 shards for 2 workers, and the others are as fast without it; more --threads here/,
  );
});

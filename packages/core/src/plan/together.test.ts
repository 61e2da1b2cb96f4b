import { expect, it } from 'vitest';
import type { Program } from './program.js';
import { planTogether } from './together.js';

const MIB = 2 ** 20;

/** A network whose rows take so many bytes each, beside what is computed once a step. */
function planOf(rowBytes: number, most = 1024) {
  return (capacity: number, mostShards: number): Program => {
    const shards = Math.min(mostShards, most);
    const preparedBytes = 100 * MIB;
    return {
      ...{ capacity, shards, preparedBytes },
      arenaBytes: preparedBytes + capacity * rowBytes,
    } as Program;
  };
}

it.each([
  ['small rows, small weights', 16, 64, 2000, 0, 8],
  ['no more than half of a batch', 16, 4, 2000, 0, 2],
  ['larger rows: what stays near', 16, 64, 10_000, 0, 4],
  ['larger rows of larger weights', 16, 64, 10_000, 8 * MIB, 8],
  ['rows that are far away in any case', 16, 64, 2 * MIB, 64 * MIB, 1],
  ['shards of many rows', 256, 8, 100, 64 * MIB, 1],
  ['one shard', 16, 1, 100, 0, 1],
])('%s', (_, rows, shards, rowBytes, weightBytes, expected) => {
  const program = planTogether(rows, shards, weightBytes, planOf(rowBytes));
  expect(program.shards).toBe(expected);
  expect(program.capacity).toBe(rows * expected);
});

it('a network that lets only single shards be computed has a program for one', () => {
  expect(planTogether(16, 64, 0, planOf(100, 1))).toMatchObject({ shards: 1, capacity: 16 });
});

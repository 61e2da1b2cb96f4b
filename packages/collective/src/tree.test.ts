import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partition } from './partition.js';
import { type HeldBlock, sumTree } from './tree.js';

/** A tree in words, so that a wrong order shows: shards add up to "((0 1) (2 3))". */
function addInWords(leaves: Map<number, string>, sum: ReturnType<typeof sumTree>): string {
  for (const { into, from } of sum.adds) {
    leaves.set(into, `(${leaves.get(into)} ${leaves.get(from)})`);
  }
  return leaves.get(sum.root)!;
}

function wholeTree(first: number, size: number): string {
  if (size === 1) return String(first);
  return `(${wholeTree(first, size / 2)} ${wholeTree(first + size / 2, size / 2)})`;
}

/** Random aligned blocks that cover [first, first + size), by splitting or not. */
function split(first: number, size: number, choose: () => boolean): HeldBlock[] {
  if (size === 1 || choose()) return [{ first, size, address: 1000 + first }];
  return [...split(first, size / 2, choose), ...split(first + size / 2, size / 2, choose)];
}

describe('sumTree', () => {
  it('adds any aligned blocks, in any order of arrival, along the one tree over all shards', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.infiniteStream(fc.boolean()),
        fc.infiniteStream(fc.nat()),
        (level, choices, order) => {
          const shards = 2 ** level;
          const blocks = split(0, shards, () => choices.next().value!);
          const keyed = blocks.map((block) => ({ block, key: order.next().value! }));
          const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ block }) => block);
          const leaves = new Map(
            blocks.map(({ first, size, address }) => [address, wholeTree(first, size)]),
          );
          expect(addInWords(leaves, sumTree(shards, shuffled))).toBe(wholeTree(0, shards));
        },
      ),
      { seed: 1 },
    );
  });

  it('refuses a missing shard, a doubled one and blocks that are not aligned', () => {
    const block = (first: number, size: number, address = first): HeldBlock => ({
      first,
      size,
      address,
    });
    expect(() => sumTree(4, [block(0, 2), block(2, 1)])).toThrow(/hold 3 shards, expected 4/);
    expect(() => sumTree(4, [block(0, 2), block(0, 2)])).toThrow(/come twice/);
    expect(() => sumTree(4, [block(0, 1), block(1, 2), block(3, 1)])).toThrow(/no block holds/);
    expect(() => sumTree(4, [block(0, 4), block(0, 1), block(1, 1)])).toThrow(/expected 4/);
    expect(() => sumTree(4, [block(0, 2), block(0, 1), block(1, 1)])).toThrow(/no block holds/);
  });
});

describe('partition', () => {
  it('covers every shard once, in order, in ranges that differ by at most one', () => {
    for (let count = 0; count <= 64; count++) {
      for (let parties = 1; parties <= 20; parties++) {
        const ranges = partition(count, parties);
        expect(ranges[0]!.first).toBe(0);
        expect(ranges.at(-1)!.end).toBe(count);
        for (let rank = 1; rank < parties; rank++) {
          expect(ranges[rank]!.first).toBe(ranges[rank - 1]!.end);
        }
        const sizes = ranges.map(({ first, end }) => end - first);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });
});

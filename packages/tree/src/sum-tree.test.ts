import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedBlocks } from './blocks.js';
import { partition } from './range.js';
import { type HeldBlock, joinBlocks, sumTree } from './sum-tree.js';

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

describe('joinBlocks', () => {
  it("joins the parts of any range into the range's own blocks, however it is dealt", () => {
    for (let first = 0; first <= 16; first++) {
      for (let end = first; end <= 16; end++) {
        for (let threads = 1; threads <= 5; threads++) {
          const parts = partition(end - first, threads, first).flatMap((part) =>
            alignedBlocks(part),
          );
          const held = parts.map((block) => ({ ...block, address: 100 + block.first }));
          const { adds, blocks } = joinBlocks(held);
          expect(blocks.map(({ first, size }) => ({ first, size }))).toEqual(
            alignedBlocks({ first, end }),
          );
          expect(adds.length).toBe(held.length - blocks.length);
        }
      }
    }
  });
});

// The fixed reduction tree: S leaves, always left + right. Parties hand over aligned blocks of leaves that
// they have already added up in the same way; what is left to add is the part of the tree above them.
import { ProtocolError } from '@lockstep/errors';
import { appendBlock, type Block } from './blocks.js';

/** The sum over a block's shards, held at `address`. */
export interface HeldBlock extends Block {
  readonly address: number;
}

/** Adds what is at `from` to what is at `into`. */
export interface Addition {
  readonly into: number;
  readonly from: number;
}

export interface TreeSum {
  /** In order. */
  readonly adds: readonly Addition[];
  /** Where the whole sum is at the end. */
  readonly root: number;
}

/** Additions that leave the fewest aligned blocks, in order, and those. */
export interface JoinedBlocks {
  readonly adds: readonly Addition[];
  readonly blocks: readonly HeldBlock[];
}

/**
 * Adds neighbouring blocks up as far as the tree goes.
 *
 * @param blocks aligned, of one contiguous range, in order
 */
export function joinBlocks(blocks: readonly HeldBlock[]): JoinedBlocks {
  const adds: Addition[] = [];
  const joined: HeldBlock[] = [];
  for (const block of blocks) {
    appendBlock(joined, block, Number.POSITIVE_INFINITY, (left, right, sum) => {
      adds.push({ into: left.address, from: right.address });
      return { ...sum, address: left.address };
    });
  }
  return { adds, blocks: joined };
}

/**
 * The additions that turn blocks into the sum over all shards. There are blocks.length − 1 of them.
 *
 * @param shards a power of two
 * @param blocks aligned blocks that cover each shard exactly once, in any order
 * @throws ProtocolError if they do not: a shard that is missing or counted twice would change the result
 */
export function sumTree(shards: number, blocks: readonly HeldBlock[]): TreeSum {
  const held = new Map<string, number>();
  let covered = 0;
  for (const { first, size, address } of blocks) {
    const key = `${first}+${size}`;
    if (held.has(key))
      throw new ProtocolError(`reduction: shards ${first} to ${first + size - 1} come twice`);
    held.set(key, address);
    covered += size;
  }
  if (covered !== shards) {
    throw new ProtocolError(`reduction: the blocks hold ${covered} shards, expected ${shards}`);
  }
  const adds: Addition[] = [];
  const visit = (first: number, size: number): number => {
    const address = held.get(`${first}+${size}`);
    if (address !== undefined) return address;
    if (size === 1) throw new ProtocolError(`reduction: no block holds shard ${first}`);
    const half = size / 2;
    const into = visit(first, half);
    const from = visit(first + half, half);
    adds.push({ into, from });
    return into;
  };
  const root = visit(0, shards);
  if (adds.length !== blocks.length - 1) {
    throw new ProtocolError('reduction: the blocks overlap or are not aligned');
  }
  return { adds, root };
}

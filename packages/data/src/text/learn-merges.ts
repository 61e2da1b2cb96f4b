// Byte-pair encoding's merges: again and again the pair of tokens that stands side by side most often becomes one token.
// The rule: most often, each place where the pair begins counted; of pairs that are as frequent the one with the smaller left
// token, then the smaller right one. It ends when every pair occurs once.
// What takes the time is counting: each different piece of the text is counted once, with how often it occurs, and a merge looks
// at the pieces that hold its pair alone.
import { BYTES, mergePair, pairKey, pieceEnd } from '@lockstep/core/internal';
import { PairQueue } from './pair-queue.js';

interface Piece {
  tokens: readonly number[];
  readonly times: number;
}

/**
 * @param vocabulary tokens in all, those of one byte included
 * @returns fewer where no pair occurs twice
 */
export function learnMerges(
  bytes: Uint8Array,
  vocabulary: number,
): (readonly [left: number, right: number])[] {
  const counts = new Map<number, number>();
  /** Those that hold a pair, and some that did. */
  const holders = new Map<number, Set<Piece>>();
  const changed = new Set<number>();
  const queue = new PairQueue(counts);
  const count = (piece: Piece, sign: 1 | -1): void => {
    const { tokens, times } = piece;
    for (let i = 1; i < tokens.length; i++) {
      const key = pairKey(tokens[i - 1]!, tokens[i]!);
      counts.set(key, (counts.get(key) ?? 0) + sign * times);
      changed.add(key);
      if (sign === -1) continue;
      const all = holders.get(key);
      if (all) all.add(piece);
      else holders.set(key, new Set([piece]));
    }
  };
  for (const piece of piecesOf(bytes)) count(piece, 1);
  const merges: (readonly [number, number])[] = [];
  while (BYTES + merges.length < vocabulary) {
    for (const key of changed) queue.put(key);
    changed.clear();
    const key = queue.take();
    if (key === undefined) break;
    const left = Math.floor(key / PAIR);
    const right = key % PAIR;
    const token = BYTES + merges.length;
    merges.push([left, right]);
    for (const piece of holders.get(key)!) {
      count(piece, -1);
      piece.tokens = mergePair(piece.tokens, (a, b) => a === left && b === right, token);
      count(piece, 1);
    }
    holders.delete(key);
  }
  return merges;
}

/** A left token in a pair's number. */
const PAIR = pairKey(1, 0);

/** The different pieces, and how often each occurs. */
function piecesOf(bytes: Uint8Array): Piece[] {
  const times = new Map<string, number>();
  for (let start = 0; start < bytes.length; ) {
    const end = pieceEnd(bytes, start);
    const key = String.fromCharCode(...bytes.subarray(start, end));
    times.set(key, (times.get(key) ?? 0) + 1);
    start = end;
  }
  return [...times].map(([key, count]) => ({
    tokens: Array.from({ length: key.length }, (_, i) => key.charCodeAt(i)),
    times: count,
  }));
}

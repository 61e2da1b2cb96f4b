// The parts in which the vector goes through a star: while the last of them come up, the sums of the first are on their way
// down. Both sides cut the same way: by the vector's length, and nothing else.
import { type Range, rangeLength } from '@lockstep/tree';
import { chunksOf } from './mesh.js';

/** No smaller on average: a message costs either side tens of microseconds. In chunks of 64 KiB a star on loopback took 1.4 times as long. */
const LEAST_CHUNK_BYTES = 128 * 1024;
/** With so many, a step takes an eighth longer than the slower direction. */
const MOST_CHUNKS = 8;

/** One or more, none of them empty, each at a multiple of 16 floats. */
export function starChunks(floats: number): Range[] {
  const count = Math.floor((4 * floats) / LEAST_CHUNK_BYTES);
  return chunksOf(floats, Math.min(Math.max(count, 1), MOST_CHUNKS));
}

/** Floats of the longest. */
export function longestChunk(floats: number): number {
  return Math.max(...starChunks(floats).map(rangeLength));
}

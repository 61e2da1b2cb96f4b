import { wasm } from '@lockstep/kernels';
import { describe, expect, it } from 'vitest';
import { COORDINATOR } from './all-reduce.js';
import { bytesOf, FIRST, groupOf, makeRank, run, treeSum } from './ranks.fixture.js';
import { starChunks } from './star-chunks.js';
import { StarHub } from './star-hub.js';

describe('an all-reduce in a star', () => {
  /** 400,000 bytes. */
  const FLOATS = 100_000;

  it('is a message up and one down for each worker, step and chunk of at least 128 KiB', () => {
    const group = groupOf('star', [1, 1, 3, 4], FLOATS);
    const { messages, sums } = run(group, 2);
    const chunks = starChunks(FLOATS);
    expect(chunks).toHaveLength(3);
    for (const rank of group.ranges.keys()) {
      const sent = messages.filter(({ from }) => from === rank);
      // The second has no shards.
      const expected = rank === 1 ? [0] : chunks.map(({ first }) => first);
      expect(sent.map(({ offset }) => offset)).toEqual([...expected, ...expected]);
      const got = messages.filter(({ to }) => to === rank).map(({ offset }) => offset);
      expect(got).toEqual([...chunks, ...chunks].map(({ first }) => first));
    }
    const bytes = (to: (rank: number) => boolean) => bytesOf(messages.filter((one) => to(one.to)));
    expect(bytes((to) => to === COORDINATOR)).toBe(2 * 4 * FLOATS * (1 + 0 + 2 + 1));
    expect(bytes((to) => to !== COORDINATOR)).toBe(2 * 4 * FLOATS * 4);
    for (let i = 0; i < 2; i++) {
      const expected = Buffer.from(treeSum(FIRST + i, 0, 4, FLOATS).buffer);
      // Of so many floats, `toEqual` takes a minute.
      expect(sums.every((sum) => expected.equals(Buffer.from(sum[i]!.buffer)))).toBe(true);
    }
  });

  it.each([
    [1, 1],
    [16, 1],
    [2 * 32 * 1024 - 1, 1],
    [2 * 32 * 1024, 2],
    [1_000_000, 8],
    [100_000_000, 8],
  ])('a vector of %i floats goes in %i', (floats, count) => {
    const chunks = starChunks(floats);
    expect(chunks).toHaveLength(count);
    expect(chunks.at(-1)!.end).toBe(floats);
    expect(chunks.every(({ first, end }) => end > first)).toBe(true);
  });

  it('hands blocks over when all are there', () => {
    const { allReduce, compute } = makeRank(groupOf('star', [3, 8], 32), 0);
    compute(0);
    expect(allReduce.begin(0, 1)).toEqual([]);
    expect(allReduce.begin(0, 2).map(({ payload }) => payload.length)).toEqual([2]);
    expect(allReduce.complete).toBe(false);
  });
});

describe('StarHub', () => {
  it('refuses a doubled, a late and an early message, an unknown rank and another size', () => {
    const hub = new StarHub(wasm, groupOf('star', [2, 4], 8).ranges, 8, 3);
    const block = new Uint8Array(32);
    expect(hub.accept(0, 3, 0, [block])).toEqual([]);
    expect(() => hub.accept(0, 3, 0, [block])).toThrow(/twice/);
    expect(() => hub.accept(1, 4, 0, [block])).toThrow(/the star is at 3/);
    expect(() => hub.accept(2, 3, 0, [block])).toThrow(/rank 2/);
    expect(() => hub.accept(1, 3, 4, [block])).toThrow(/begins at float 4, expected 0/);
    expect(() => hub.accept(1, 3, 0, [block, block])).toThrow(/64 bytes, expected 32/);
    expect(hub.accept(1, 3, 0, [block]).map(({ sum }) => sum.length)).toEqual([32]);
    expect(hub.step).toBe(4);
  });

  it('hands out the sum of a chunk while the next ones have not come', () => {
    const floats = 3 * 32 * 1024;
    const hub = new StarHub(wasm, groupOf('star', [1, 2, 2], floats).ranges, floats, 0);
    const chunk = (value: number) => [
      new Uint8Array(new Float32Array(32 * 1024).fill(value).buffer),
    ];
    /** Offset and first float of what a message makes ready. */
    const ready = (...message: Parameters<StarHub['accept']>) =>
      hub
        .accept(...message)
        .map(({ offset, sum }) => [offset, new Float32Array(sum.slice().buffer)[0]]);
    const second = 32 * 1024;
    expect(ready(0, 0, 0, chunk(1))).toEqual([]);
    expect(ready(0, 0, second, chunk(2))).toEqual([]);
    expect(ready(1, 0, 0, chunk(10))).toEqual([]);
    // The last one has no shards, and no more to say.
    expect(ready(2, 0, 0, [])).toEqual([[0, 11]]);
    expect(() => hub.accept(2, 0, second, [])).toThrow(/twice/);
    expect(ready(1, 0, second, chunk(20))).toEqual([[second, 22]]);
    expect(() => hub.accept(1, 0, second, chunk(20))).toThrow(/begins at float 32768, expected 6/);
    expect(ready(1, 0, 2 * second, chunk(30))).toEqual([]);
    expect(hub.step).toBe(0);
    expect(ready(0, 0, 2 * second, chunk(3))).toEqual([[2 * second, 33]]);
    expect(hub.step).toBe(1);
  });
});

import { wasm } from '@lockstep/kernels';
import { describe, expect, it } from 'vitest';
import { groupOf, makeRank, run } from './ranks.fixture.js';
import { StarHub } from './star-hub.js';

describe('an all-reduce in a star', () => {
  it('is one message up and one down for each worker and step', () => {
    const group = groupOf('star', [4, 4, 12, 16], 8 * 16 * 13);
    const { messages } = run(group, 3);
    for (const rank of group.ranges.keys()) {
      expect(messages.filter(({ from }) => from === rank).length).toBe(3);
      expect(messages.filter(({ to }) => to === rank).length).toBe(3);
    }
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
    expect(hub.accept(0, 3, 0, [block])).toBeUndefined();
    expect(() => hub.accept(0, 3, 0, [block])).toThrow(/twice/);
    expect(() => hub.accept(1, 4, 0, [block])).toThrow(/the star is at 3/);
    expect(() => hub.accept(2, 3, 0, [block])).toThrow(/rank 2/);
    expect(() => hub.accept(1, 3, 0, [block, block])).toThrow(/64 bytes, expected 32/);
    expect(hub.accept(1, 3, 0, [block])).toHaveLength(32);
    expect(hub.step).toBe(4);
  });
});

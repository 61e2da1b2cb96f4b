import { alignedBlocks } from '@lockstep/tree';
import type { FrameHeader } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import { COORDINATOR, closes, FLOATS, frames, Host } from './host.fixture.js';

describe('the star', () => {
  const ones = (blocks: number, value: number): Uint8Array =>
    new Uint8Array(new Float32Array(blocks * FLOATS).fill(value).buffer);

  it('adds one message of each rank up, and sends one to each: as many as ranks, both ways', () => {
    const host = new Host();
    host.begin();
    const { phase } = host.coordinator.membership;
    const ranks = phase.name === 'running' ? phase.team.ranks : [];
    expect(ranks.map((range) => alignedBlocks(range).length)).toEqual([1, 1]);
    for (const step of [0, 1]) {
      expect(host.frame(1, { kind: 'partial', step, rank: 0 }, [ones(1, 1)])).toEqual([]);
      const sums = host.frame(2, { kind: 'partial', step, rank: 1 }, [ones(1, 2)]);
      expect(sums).toHaveLength(2);
      for (const [index, sum] of sums.entries()) {
        if (sum.type !== 'send-frame') throw new Error(sum.type);
        expect(sum.to).toBe(index + 1);
        expect(sum.header).toEqual({
          kind: 'sum',
          generation: 1,
          step,
          rank: COORDINATOR,
          offset: 0,
          bytes: 4 * FLOATS,
        });
        const floats = new Float32Array(sum.payload[0]!.slice().buffer);
        expect(floats).toEqual(new Float32Array(FLOATS).fill(3));
      }
    }
  });

  it('takes an empty message of a rank that is behind, and sends it the sum', () => {
    const host = new Host();
    host.beginBehind();
    host.frame(1, { kind: 'partial', step: 7, rank: 0 }, []);
    const sums = host.frame(2, { kind: 'partial', step: 7, rank: 1 }, [ones(1, 2)]);
    for (const to of [1, 2]) {
      const [sum] = frames(sums, to);
      const floats = new Float32Array(sum!.payload[0]!.slice().buffer);
      expect(floats).toEqual(new Float32Array(FLOATS).fill(2));
    }
  });

  it('closes the link of a rank that sends twice, for another step, as another rank, or too much', () => {
    const wrongs: [string, Partial<FrameHeader>, number][] = [
      ['another step', { step: 1 }, 1],
      ['as another rank', { rank: 0 }, 1],
      ['too much', {}, 2],
    ];
    for (const [what, header, blocks] of wrongs) {
      const host = new Host();
      host.begin();
      const effects = host.frame(2, { kind: 'partial', rank: 1, ...header }, [ones(blocks, 1)]);
      expect(closes(effects), what).toMatchObject([{ id: 2, code: 'protocol' }]);
    }
    const twice = new Host();
    twice.begin();
    twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]);
    expect(closes(twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]))).toHaveLength(1);
  });

  it('gives no sum of a generation that is over', () => {
    const host = new Host();
    host.begin();
    host.frame(1, { kind: 'partial', rank: 0 }, [ones(1, 1)]);
    host.join(3);
    const late = { kind: 'partial', generation: 1, rank: 1 } as const;
    expect(host.frame(2, late, [ones(1, 1)])).toEqual([]);
  });
});

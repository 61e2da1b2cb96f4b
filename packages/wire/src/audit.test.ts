import { describe, expect, it } from 'vitest';
import { auditedRank, isAudited } from './audit.js';

function audited(share: number, seed: number, steps = 4000): number[] {
  return Array.from({ length: steps }, (_, step) => step).filter((step) =>
    isAudited({ share, seed }, step),
  );
}

describe('the audited steps', () => {
  it('are none without a plan, all with a share of 1, and the same ones each time', () => {
    expect(isAudited(null, 0)).toBe(false);
    expect(audited(1, 7)).toHaveLength(4000);
    expect(audited(0.1, 7)).toEqual(audited(0.1, 7));
  });

  it('are these, on every machine', () => {
    expect(audited(0.25, 0, 24)).toEqual([4, 5, 14, 20]);
    expect(audited(0.25, 2 ** 53 - 1, 24)).toEqual([1, 4, 14, 16, 18]);
  });

  it('come to the share that was asked for', () => {
    for (const share of [0.05, 0.5, 0.9]) {
      // Three standard deviations of 4000 draws; the draws are fixed, so this passes always or never.
      const tolerance = 3 * Math.sqrt(4000 * share * (1 - share));
      expect(Math.abs(audited(share, 42).length - 4000 * share)).toBeLessThan(tolerance);
    }
  });

  it('of a larger share contain those of a smaller one, and depend on the seed', () => {
    const more = new Set(audited(0.3, 5));
    expect(audited(0.2, 5).every((step) => more.has(step))).toBe(true);
    expect(audited(0.2, 5)).not.toEqual(audited(0.2, 6));
  });
});

it('every rank is audited by exactly one other', () => {
  for (const ranks of [2, 3, 5]) {
    const of = Array.from({ length: ranks }, (_, rank) => auditedRank(rank, ranks));
    expect([...of].sort((a, b) => a - b)).toEqual(of.map((_, rank) => rank));
    expect(of.every((audited, rank) => audited !== rank)).toBe(true);
  }
});

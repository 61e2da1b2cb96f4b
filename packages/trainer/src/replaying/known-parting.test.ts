import { describe, expect, it } from 'vitest';
import { knownParting } from './known-parting.js';
import type { StepRecord } from './step-records.js';

function weights(step: number, hash: string, place = "at an epoch's end"): StepRecord {
  return { step, what: 'weights', hash, place };
}

function state(step: number, hash: string): StepRecord {
  return { step, what: 'state', hash, place: 'by its workers' };
}

describe('what two runs recorded of the same steps', () => {
  it('parts at the first step of which it is not the same', () => {
    const left = [weights(7, 'a'), weights(14, 'b'), weights(21, 'c')];
    const right = [weights(7, 'a'), weights(14, 'x'), weights(21, 'y')];
    expect(knownParting(left, right)).toEqual({
      same: [7],
      parting: { step: 14, left: left[1], right: right[1] },
      reached: { left: 21, right: 21 },
    });
  });

  it('is the same as far as both have come', () => {
    expect(knownParting([weights(7, 'a')], [weights(7, 'a'), weights(14, 'b')])).toEqual({
      same: [7],
      parting: null,
      reached: { left: 7, right: 14 },
    });
  });

  it('is compared kind by kind: the same weights with another optimizer state are a parting', () => {
    const left = [weights(7, 'a'), state(7, 's')];
    const right = [weights(7, 'a'), state(7, 't')];
    expect(knownParting(left, right).parting).toMatchObject({ step: 7, left: state(7, 's') });
    expect(knownParting(left, right, ['weights'])).toMatchObject({ same: [7], parting: null });
  });

  it('says nothing where they recorded different kinds, or other steps', () => {
    const known = knownParting([weights(7, 'a')], [state(7, 'a'), weights(8, 'a')]);
    expect(known).toMatchObject({ same: [], parting: null });
    expect(knownParting([], [])).toMatchObject({ reached: { left: null, right: null } });
  });

  it('is the same if anything that one recorded twice agrees', () => {
    const left = [weights(7, 'x', 'first'), weights(7, 'a', 'again')];
    expect(knownParting(left, [weights(7, 'a')])).toMatchObject({ same: [7], parting: null });
    expect(knownParting(left, [weights(7, 'b')]).parting).toMatchObject({ step: 7 });
  });
});

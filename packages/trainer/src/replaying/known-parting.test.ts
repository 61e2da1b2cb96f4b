import { describe, expect, it } from 'vitest';
import type { RunEndEvent } from '../running/events.js';
import type { StepRecord } from '../running/step-records.js';
import { endsContradict, knownParting } from './known-parting.js';

const file = 'metrics.jsonl';

function weights(step: number, hash: string, place = "at an epoch's end"): StepRecord {
  return { step, what: 'weights', hash, place, file };
}

function state(step: number, hash: string): StepRecord {
  return { step, what: 'state', hash, place: 'by its workers', file };
}

function loss(step: number, value: number): StepRecord {
  return { step, what: 'metric testLoss', hash: String(value), place: "at an epoch's end", file };
}

describe('what two runs recorded of the same steps', () => {
  it('parts at the first step of which it is not the same', () => {
    const left = [weights(7, 'a'), weights(14, 'b'), weights(21, 'c')];
    const right = [weights(7, 'a'), weights(14, 'x'), weights(21, 'y')];
    expect(knownParting(left, right)).toEqual({
      same: [7],
      parting: { step: 14, left: left[1], right: right[1] },
      others: [],
      reached: { left: 21, right: 21 },
    });
  });

  it('is the same as far as both have come', () => {
    expect(knownParting([weights(7, 'a')], [weights(7, 'a'), weights(14, 'b')])).toEqual({
      same: [7],
      parting: null,
      others: [],
      reached: { left: 7, right: 14 },
    });
  });

  it('is compared kind by kind: the same weights with another optimizer state are a parting', () => {
    const left = [weights(7, 'a'), state(7, 's')];
    const right = [weights(7, 'a'), state(7, 't')];
    expect(knownParting(left, right).parting).toMatchObject({ step: 7, left: state(7, 's') });
    const isWeights = ({ what }: StepRecord): boolean => what === 'weights';
    expect(knownParting(left, right, isWeights)).toMatchObject({ same: [7], parting: null });
  });

  it('says nothing where they recorded different kinds, or other steps', () => {
    const known = knownParting([weights(7, 'a')], [state(7, 'a'), weights(8, 'a')]);
    expect(known).toMatchObject({ same: [], parting: null });
    expect(knownParting([], [])).toMatchObject({ reached: { left: null, right: null } });
  });

  it('is at a step of which one recorded two things, if the other has but one of them', () => {
    const left = [weights(7, 'a'), weights(7, 'x', 'in its checkpoint')];
    const { parting, same } = knownParting(left, [weights(7, 'a')]);
    expect([parting, same]).toEqual([{ step: 7, left: left[1], right: weights(7, 'a') }, []]);
    expect(knownParting([weights(7, 'a')], left).parting).toMatchObject({ step: 7 });
  });

  it('is not between two copies of a run that contradicts itself: that is the fault of both', () => {
    const copy = [weights(7, 'a'), weights(7, 'x', 'in its checkpoint')];
    expect(knownParting(copy, copy)).toMatchObject({ same: [7], parting: null });
  });

  it('is by numbers that were told only where no state is known to differ', () => {
    const left = [loss(7, 1), weights(7, 'a'), weights(14, 'b'), loss(21, 3)];
    const right = [loss(7, 2), weights(7, 'a'), weights(14, 'c'), loss(21, 4)];
    const known = knownParting(left, right);
    expect(known).toMatchObject({ same: [], parting: { step: 14 }, others: [{ step: 7 }] });
    expect(known.others).toHaveLength(1);
    expect(knownParting(left.slice(0, 2), right.slice(0, 2)).parting).toMatchObject({
      left: loss(7, 1),
      right: loss(7, 2),
    });
  });
});

describe('the ends of two runs that should be the same', () => {
  const ended = (step: number, more: Partial<RunEndEvent> = {}) => ({
    ending: { event: 'run-end', step, stopped: 'epochs', bestEpoch: 3, ...more } as RunEndEvent,
    reached: step,
  });
  const failed = (step: number, code = 'non-finite') => ({
    ending: { event: 'error', time: '', code, message: '', step } as const,
    reached: step,
  });
  const open = (reached: number) => ({ ending: undefined, reached });

  it.each([
    ['of the same step', ended(21), ended(21), false],
    ['of other steps', ended(21), ended(14, { stopped: 'patience' }), true],
    ['of the same step for another reason', ended(21), ended(21, { stopped: 'target' }), true],
    ['with another best epoch', ended(21), ended(21, { bestEpoch: 2 }), true],
    ['one of which its time was over for', ended(21), ended(9, { stopped: 'time' }), false],
    ['one of which goes on', ended(21), open(14), false],
    ['one of which has gone beyond the end', ended(21), open(22), true],
    ['one of which fails where the other goes on', failed(7), open(8), true],
    ['one of which fails where the other has not come to', failed(7), open(7), false],
    ['one of which fails by its disk', failed(7, 'disk'), ended(21), false],
    ['one of which fails after its last step', failed(21, 'disk'), ended(21), true],
    [
      'one of which fails where the time of the other is over',
      failed(9, 'disk'),
      ended(9, { stopped: 'time' }),
      false,
    ],
  ])('%s', (_, left, right, isDenied) => {
    expect(endsContradict(left, right)).toBe(isDenied);
    expect(endsContradict(right, left)).toBe(isDenied);
  });
});

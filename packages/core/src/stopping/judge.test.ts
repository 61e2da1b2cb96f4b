import { describe, expect, it } from 'vitest';
import { type JudgedEpoch, type Judgement, judge, judgeAll, UNJUDGED } from './judge.js';
import { NO_RULE, type StopRule } from './stop-rule.js';

/** Epochs of 10 steps with these validation losses. */
function epochs(...losses: readonly (number | null)[]): JudgedEpoch[] {
  return losses.map((loss, i) => ({
    ...{ epoch: i + 1, step: 10 * (i + 1), trainLoss: 1 },
    metrics: { 'validation.loss': loss, accuracy: i / 10 },
  }));
}

const BY_LOSS: StopRule = {
  ...NO_RULE,
  monitor: { metric: 'validation.loss', better: 'smaller' },
};

/** The epoch that a rule ends a run with, and the best one. */
function outcome(rule: Partial<StopRule>, told: readonly JudgedEpoch[]) {
  const { epochs: last, best, stopped } = judgeAll({ ...BY_LOSS, ...rule }, told);
  return { last, best: best?.epoch ?? null, stopped };
}

describe('patience', () => {
  it.each<[string, Partial<StopRule>, (number | null)[], [number, number | null, string | null]]>([
    ['goes on while it gets better', { patience: 1 }, [3, 2, 1], [3, 3, null]],
    ['ends after so many that are no better', { patience: 2 }, [3, 2, 4, 3, 1], [4, 2, 'patience']],
    ['counts anew after one that is', { patience: 2 }, [3, 4, 2, 4, 1], [5, 5, null]],
    [
      'takes equals for no better: the earlier is the best',
      { patience: 2 },
      [2, 2, 2],
      [3, 1, 'patience'],
    ],
    ['1 ends at the first that is no better', { patience: 1 }, [3, 3], [2, 1, 'patience']],
    // 0.5 less than 3 is needed: 2.6 is better, and waited for all the same.
    [
      'waits for a gain of minDelta since the last one',
      { patience: 2, minDelta: 0.5 },
      [3, 2.6, 2.55],
      [3, 3, 'patience'],
    ],
    ['adds up small gains', { patience: 2, minDelta: 0.5 }, [3, 2.6, 2.4, 2.2, 1.8], [5, 5, null]],
    [
      'what is no number is never the best, and is waited for',
      { patience: 2 },
      [null, Number.NaN],
      [2, null, 'patience'],
    ],
    ['a number is better than none', { patience: 2 }, [null, 9, null], [3, 2, null]],
  ])('%s', (_, rule, losses, [last, best, stopped]) => {
    expect(outcome(rule, epochs(...losses))).toEqual({ last, best, stopped });
  });

  it('of a metric of which more is better takes the largest', () => {
    const monitor = { metric: 'accuracy', better: 'larger' } as const;
    expect(outcome({ monitor, patience: 1 }, epochs(1, 1, 1)).best).toBe(3);
  });
});

describe('a target', () => {
  const accuracy = { metric: 'accuracy', better: 'larger' as const };

  it('ends the run with the first epoch that reaches it, also exactly', () => {
    const told = epochs(1, 2, 3, 4);
    expect(outcome({ target: [{ ...accuracy, value: 0.2 }] }, told)).toMatchObject({
      ...{ last: 3, best: 1, stopped: 'target' },
    });
  });

  it('of several metrics ends it when all are reached', () => {
    const target = [
      { ...accuracy, value: 0.1 },
      { metric: 'validation.loss', better: 'smaller' as const, value: 2 },
    ];
    expect(outcome({ target }, epochs(1, 5, 3, 2))).toMatchObject({ last: 4, stopped: 'target' });
  });

  it('goes before patience', () => {
    const rule = { patience: 1, target: [{ ...accuracy, value: 0.1 }] };
    expect(outcome(rule, epochs(1, 1)).stopped).toBe('target');
  });
});

it('nothing monitored: no epoch is the best', () => {
  expect(outcome({ monitor: null }, epochs(1, 2))).toEqual({ last: 2, best: null, stopped: null });
});

it('an epoch that was judged, and one after the end, change nothing', () => {
  const told = epochs(1, 2, 3);
  const ended = judgeAll({ ...BY_LOSS, patience: 1 }, told);
  expect(ended.epochs).toBe(2);
  const rule = { ...BY_LOSS, patience: 9 };
  const before: Judgement = judgeAll(rule, told);
  expect(judge(rule, before, told[1]!)).toBe(before);
  expect(JSON.parse(JSON.stringify(before))).toEqual(before);
  expect(judge(rule, UNJUDGED, told[0]!).best).toEqual({ epoch: 1, step: 10, value: 1 });
});

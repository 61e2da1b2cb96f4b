// Runs that end before their last step: by their rule, where it is journalled, and where they stand, because somebody wants it.
import { type Judgement, UNJUDGED } from '@lockstep/core/internal';
import { describe, expect, it } from 'vitest';
import { NEW_RUN, Scenario, stateOf } from '../scenario.fixture.js';
import type { EvaluatedStep } from '../state/durable.js';
import type { Config } from '../state/state.js';

/** Of epochs of 10 steps: the first is the best, and the run ends with the second. */
function judge(before: Judgement, { step }: EvaluatedStep): Judgement {
  return {
    ...before,
    epochs: step / 10,
    best: before.best ?? { epoch: step / 10, step, value: 0 },
    stopped: step >= 20 ? 'patience' : null,
  };
}

const CONFIG: Partial<Config> = { steps: 50, checkpointEvery: 50, judge, keepsBest: true };

function outcome({ state }: Scenario) {
  return state.phase.name === 'over' ? state.phase.outcome : undefined;
}

function farthest(run: Scenario): number {
  const orders = run.sent.flatMap(({ message }) =>
    message.type === 'advance' ? [message.until] : [],
  );
  return Math.max(...orders);
}

describe('a rule', () => {
  it('ends the run with an epoch that is journalled and saved, and nobody is told to go beyond it', () => {
    const run = new Scenario({ config: CONFIG });
    run.join('w0');
    run.join('w1');
    expect(outcome(run)).toMatchObject({ type: 'finished', step: 20, stopped: 'patience' });
    expect(farthest(run)).toBe(20);
    expect(run.state.best?.step).toBe(10);
    const records = run.journal.filter(({ type }) => type !== 'generation');
    expect(records.map((record) => [record.type, 'step' in record && record.step])).toEqual([
      ['evaluated', 10],
      ['checkpoint', 10],
      ['evaluated', 20],
      ['checkpoint', 20],
    ]);
  });

  it('has ended it when a coordinator comes back: at once, if the end is saved, else when it is come to again', () => {
    const whole = new Scenario({ config: CONFIG });
    whole.join('w0');
    const { durable } = whole;
    expect(outcome(new Scenario({ config: CONFIG, durable }))).toMatchObject({ step: 20 });
    const saved = stateOf(10);
    const again = new Scenario({ config: CONFIG, durable: { ...durable, saved } });
    expect(outcome(again)).toBeUndefined();
    again.join('w0');
    expect(outcome(again)).toMatchObject({ type: 'finished', step: 20, stopped: 'patience' });
    expect(farthest(again)).toBe(20);
  });

  it('saves no epoch that is not the best, where no checkpoint is due', () => {
    const run = new Scenario({ config: { ...CONFIG, keepsBest: false } });
    run.join('w0');
    expect(run.journal.filter(({ type }) => type === 'checkpoint')).toHaveLength(1);
  });
});

describe('somebody who wants the run to end', () => {
  it('gets it evaluated and saved where it stands', () => {
    const run = new Scenario({ haltAt: 13 });
    run.join('w0');
    run.join('w1');
    run.tell({ type: 'end', why: 'asked' });
    expect(outcome(run)).toMatchObject({ type: 'finished', step: 13, stopped: 'asked' });
    expect(run.state.evaluated?.step).toBe(13);
    expect(run.state.saved).toEqual(stateOf(13));
    expect(run.notices.filter(({ event }) => event === 'epoch-end')).toHaveLength(1);
  });

  it('is not heard twice, nor after it is to stop', () => {
    const run = new Scenario({ haltAt: 13, isDiskSlow: true });
    run.join('w0');
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    const { state } = run;
    expect(run.tell({ type: 'end', why: 'time' }).state.asked).toBe(null);
    expect(run.state.phase).toEqual(state.phase);
  });

  it('does not take back an epoch that was told: the run goes on to its end', () => {
    const evaluated: EvaluatedStep = { step: 10, weightsHash: 'a', epochLoss: 1, sums: {} };
    const durable = { ...NEW_RUN, evaluated, judgement: UNJUDGED };
    const run = new Scenario({ durable, haltAt: 4 });
    run.join('w0');
    run.tell({ type: 'end', why: 'time' });
    expect(outcome(run)).toBeUndefined();
    expect(farthest(run)).toBe(10);
  });

  it('while nobody computes gets no evaluation: it is stopped', () => {
    const run = new Scenario();
    run.tell({ type: 'end', why: 'time' });
    expect(outcome(run)).toMatchObject({ code: 'stopped', message: 'its time is over' });
  });
});

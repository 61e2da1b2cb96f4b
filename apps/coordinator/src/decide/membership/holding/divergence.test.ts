import { describe, expect, it } from 'vitest';
import { digestOf, NEW_RUN, Scenario } from '../scenario.fixture.js';
import { outcome } from '../told.fixture.js';

describe('divergence', () => {
  it('stops the run with both digests, the step and the names', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    const [first, second] = [run.join('w0'), run.join('w1')];
    run.say(first, { type: 'digest', generation: 1, step: 4, digest: digestOf(4) });
    run.say(second, { type: 'digest', generation: 1, step: 4, digest: digestOf(999) });
    const { code, message } = outcome(run) as { code: string; message: string };
    expect(code).toBe('divergence');
    for (const part of ['step 4', 'w0', 'w1', digestOf(4), digestOf(999)]) {
      expect(message).toContain(part);
    }
    expect(run.sent.at(-1)!.message).toMatchObject({ type: 'refused', code: 'run-failed' });
  });

  it('is found in whatever a worker says: joining, pausing, preparing, reaching', () => {
    const wrong = digestOf(999);
    const joining = new Scenario({ haltAt: 4 });
    joining.join('w0', { held: { step: 0, digest: wrong } });
    const reaching = new Scenario({ haltAt: 9 });
    const alone = reaching.join('w0');
    reaching.say(alone, { type: 'digest', generation: 1, step: 10, digest: wrong });
    reaching.runTo();
    const preparing = new Scenario({ haltAt: 4 });
    preparing.workers.get(preparing.connect('w0'))!.isFrozen = true;
    preparing.say(1, { type: 'join', name: 'w0', threads: 1, url: null, held: null });
    preparing.say(1, { type: 'paused', generation: 1, held: null });
    preparing.say(1, { type: 'prepared', generation: 1, held: { step: 0, digest: wrong } });
    for (const run of [joining, reaching, preparing]) {
      expect(outcome(run)).toMatchObject({ code: 'divergence' });
    }
  });

  it('is found among steps that are redone, long after newer ones were seen', () => {
    const run = new Scenario({ config: { stepsPerEpoch: 1000, steps: 1000 }, haltAt: 9 });
    const first = run.join('w0');
    for (let step = 1; step <= 9; step++) {
      run.say(first, { type: 'digest', generation: 1, step, digest: digestOf(step) });
    }
    run.lose(first);
    run.join('w1');
    run.say(2, { type: 'digest', generation: 2, step: 3, digest: digestOf(999) });
    expect(outcome(run)).toMatchObject({ code: 'divergence' });
  });

  it('of weights or losses at an epoch end is one too, and so is one from what was journalled', () => {
    for (const change of [{ weightsHash: 'other' }, { epochLoss: 101 }]) {
      const run = new Scenario({ config: { minWorkers: 2, evaluated: [] }, haltAt: 9 });
      const [first, second] = [run.join('w0'), run.join('w1')];
      run.reached(first);
      run.reached(second, change);
      expect(outcome(run)).toMatchObject({ code: 'divergence' });
    }
    const evaluated = { step: 10, weightsHash: 'other', epochLoss: 1, sums: {} };
    const again = new Scenario({ durable: { ...NEW_RUN, evaluated } });
    again.join('w0');
    expect(outcome(again)).toMatchObject({ code: 'divergence' });
  });
});

import { describe, expect, it } from 'vitest';
import { digestOf, type Scenario, stateOf } from '../scenario.fixture.js';
import {
  advances,
  catchingUp,
  closed,
  copies,
  effectsOf,
  fetches,
  hold,
  outcome,
  passes,
} from './catching-up.fixture.js';

function epochs(run: Scenario) {
  return run.notices.filter(({ event }) => event === 'epoch-end');
}

describe('a stop point while somebody is behind', () => {
  it.each([
    ['an epoch end', { checkpointEvery: 20 }, 1, []],
    ['a checkpoint', { stepsPerEpoch: 20 }, 0, [10]],
    ['both', {}, 1, [10]],
  ])('that is %s is evaluated by the others alone, and saved', (_, config, ends, saves) => {
    const { run, ids, late } = catchingUp({ workers: 2, config });
    hold(run, 4);
    run.runTo(10);
    expect(epochs(run)).toHaveLength(ends);
    for (const epoch of epochs(run)) {
      expect(epoch).toMatchObject({
        evaluation: { step: 10, sums: { test: { loss: [5], 'metric.accuracy.correct': [5] } } },
      });
    }
    if (saves.length > 0) {
      expect(fetches(run).at(-1)).toEqual([ids[0], 2, 10]);
      hold(run, 10);
    }
    expect(effectsOf(run, 'save-state').map(({ held }) => held.step)).toEqual(saves);
    expect(run.state).toMatchObject({
      generation: 2,
      phase: { name: 'running', until: 20 },
      catchUp: { behind: [late], isOffered: true },
    });
    expect(advances(run).map(({ to }) => to)).toEqual([...ids, ...ids]);
    run.catchUp(late);
    expect(run.ranges().map(([first, end]) => end! - first!)).not.toContain(0);
    run.runTo();
    hold(run, 20);
    expect(outcome(run)).toMatchObject({ type: 'finished' });
    expect(epochs(run)).toHaveLength(ends + 1);
  });

  it('has two states in memory at most, in whichever order they come', () => {
    for (const [first, second] of [
      [4, 10],
      [10, 4],
    ] as const) {
      const { run, ids, late } = catchingUp({ isDiskSlow: true });
      run.runTo(10);
      expect(fetches(run).slice(0, 2)).toEqual([
        [ids[0], 2, 4],
        [ids[0], 2, 10],
      ]);
      hold(run, first);
      hold(run, second);
      expect(copies(run)).toEqual([first, second]);
      expect(passes(run).slice(1)).toEqual([[[late], 2, 4]]);
      run.tell({ type: 'saved', held: stateOf(10), path: null });
      expect(copies(run)).toEqual([4]);
      expect(run.effects).toContainEqual({ type: 'drop-state', held: stateOf(10) });
      expect(fetches(run)).toHaveLength(2);
    }
  });

  it('is done with before whoever has caught up meanwhile is dealt in', () => {
    const { run, late } = catchingUp({ isDiskSlow: true });
    hold(run, 4);
    run.runTo(10);
    run.catchUp(late);
    hold(run, 10);
    expect(run.waiting).toBe('saving the checkpoint of step 10');
    expect(run.state).toMatchObject({ generation: 2, phase: { name: 'saving' } });
    run.tell({ type: 'saved', held: stateOf(10), path: null });
    expect(run.state).toMatchObject({ generation: 3, phase: { name: 'running', until: 20 } });
    expect(run.ranges()).toEqual([
      [0, 4],
      [4, 8],
    ]);
    expect(epochs(run)).toHaveLength(1);
    expect(effectsOf(run, 'save-state')).toHaveLength(1);
  });

  it('that is the last one ends the run for everybody', () => {
    const { run, ids, late } = catchingUp({ isFetchSlow: false });
    run.runTo();
    expect(outcome(run)).toMatchObject({ type: 'finished', step: 20 });
    expect(run.state).toMatchObject({ generation: 2, catchUp: null, copies: [] });
    expect(epochs(run)).toHaveLength(2);
    const finish = { type: 'finish', step: 20, weightsHash: 'weights 20' };
    expect(run.sent.slice(-2)).toMatchObject([ids[0], late].map((to) => ({ to, message: finish })));
  });

  it('is waited for without naming those who are behind', () => {
    const { run, ids } = catchingUp({ workers: 2 });
    expect(run.waiting).toBeUndefined();
    run.workers.get(ids[1]!)!.isFrozen = true;
    run.runTo();
    expect(run.waiting).toBe('waiting for w1 to evaluate step 10');
  });

  it('takes no results of those who are behind', () => {
    const { run, late } = catchingUp({ config: { checkpointEvery: 5 } });
    run.say(late, {
      type: 'reached',
      generation: 2,
      step: 5,
      digest: digestOf(5),
      weightsHash: 'weights 5',
      epochLoss: 100,
      chunkSums: new Uint8Array(0),
    });
    expect(closed(run)).toEqual([[late, 'protocol']]);
  });
});

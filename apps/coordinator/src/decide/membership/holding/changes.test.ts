import { describe, expect, it } from 'vitest';
import { stateOf } from '../scenario.fixture.js';
import {
  catchingUp,
  copies,
  effectsOf,
  fetches,
  hold,
  outcome,
  passes,
} from './catching-up.fixture.js';

describe('what changes while somebody is behind', () => {
  it('its loss leaves the others as they are, and the state for it is dropped', () => {
    const { run, late } = catchingUp();
    hold(run, 4);
    run.lose(late);
    expect(run.state).toMatchObject({ generation: 3, catchUp: null, phase: { name: 'running' } });
    expect(effectsOf(run, 'drop-state').map(({ held }) => held.step)).toEqual([0, 4]);
    expect(run.ranges()).toEqual([[0, 8]]);
  });

  it('loss of the holder in the middle of the fetch: the state comes from another, newer by then', () => {
    const { run, ids, late } = catchingUp({ workers: 2 });
    run.progress(ids[1]!, 6);
    run.lose(ids[0]!);
    expect(fetches(run)).toEqual([
      [ids[0], 2, 4],
      [ids[1], 3, 6],
    ]);
    hold(run, 6);
    expect(passes(run).at(-1)).toEqual([[late], 3, 6]);
  });

  it('loss of the only holder in the middle of the fetch: the run goes back to its checkpoint', () => {
    const { run, ids, late } = catchingUp();
    run.lose(ids[0]!);
    expect(passes(run).at(-1)).toEqual([[late], 3, 0]);
    expect(run.state).toMatchObject({ catchUp: null, phase: { name: 'running' } });
    expect(run.ranges()).toEqual([[0, 8]]);
  });

  it('loss of everybody: nothing is left of it, and what comes too late is dropped', () => {
    const { run, ids, late } = catchingUp();
    run.workers.get(late)!.isFrozen = true;
    for (const id of [ids[0]!, late]) run.lose(id);
    expect(run.state).toMatchObject({ catchUp: null, phase: { name: 'waiting' } });
    hold(run, 4);
    expect(run.effects.at(-1)).toEqual({ type: 'drop-state', held: stateOf(4) });
    expect(passes(run)).toEqual([[[ids[0]], 1, 0]]);
  });

  it('loss of all others after it has caught up: the run goes on from what it holds', () => {
    const { run, ids, late } = catchingUp();
    const other = run.join('other', { isHeldBack: true });
    hold(run, 4);
    run.progress(ids[0]!, 7);
    run.catchUp(late);
    run.lose(ids[0]!);
    expect(run.state.catchUp).toMatchObject({ behind: [other], held: stateOf(7) });
    expect(fetches(run).at(-1)).toEqual([late, 4, 7]);
    expect(run.ranges()).toEqual([
      [0, 8],
      [8, 8],
    ]);
  });

  it('a further worker: both get the state that the others have by then', () => {
    const { run, ids, late } = catchingUp();
    hold(run, 4);
    run.progress(ids[0]!, 6);
    const further = run.join('further', { isHeldBack: true });
    expect(run.state.catchUp).toMatchObject({ behind: [late, further], held: stateOf(6) });
    expect(fetches(run).at(-1)).toEqual([ids[0], 3, 6]);
    const moves = run.effects.filter(({ type }) => type === 'fetch-state' || type === 'drop-state');
    expect(moves.at(-2)).toEqual({ type: 'drop-state', held: stateOf(4) });
    expect(copies(run)).toEqual([]);
    hold(run, 6);
    expect(passes(run).at(-1)).toEqual([[late, further], 3, 6]);
  });

  it('one of two has caught up: it is dealt in with the other, or when the other is lost', () => {
    for (const isLost of [false, true]) {
      const { run, late } = catchingUp();
      const other = run.join('other', { isHeldBack: true });
      hold(run, 4);
      run.catchUp(late);
      expect(run.state).toMatchObject({ generation: 3, catchUp: { caughtUp: [late] } });
      expect(run.ranges()).toEqual([
        [0, 8],
        [8, 8],
        [8, 8],
      ]);
      if (isLost) run.lose(other);
      else run.catchUp(other);
      expect(run.state).toMatchObject({ generation: 4, catchUp: null });
      expect(run.ranges().map(([first, end]) => end! - first!)).not.toContain(0);
    }
  });

  it.each([false, true])('a wish to stop: the newest state is saved, in memory: %s', (isCopied) => {
    const { run, ids } = catchingUp();
    if (isCopied) hold(run, 4);
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    if (!isCopied) {
      expect(fetches(run).at(-1)).toEqual([ids[0], 3, 4]);
      hold(run, 4);
    }
    expect(effectsOf(run, 'save-state').map(({ held }) => held.step)).toEqual([4]);
    expect(fetches(run)).toHaveLength(isCopied ? 1 : 2);
    expect(outcome(run)).toMatchObject({ code: 'stopped' });
    expect(run.state).toMatchObject({ saved: stateOf(4), copies: [], catchUp: null });
  });

  it('a loss that is not finite, which whoever comes after finds as well, ends the run', () => {
    const { run, ids, late } = catchingUp();
    hold(run, 4);
    const failed = { type: 'failed', generation: 2, step: 4, code: 'non-finite', message: 'NaN' };
    for (const id of [late, ids[0]!]) run.say(id, failed as Parameters<typeof run.say>[1]);
    expect(outcome(run)).toMatchObject({ code: 'non-finite', message: 'NaN' });
    expect(run.state.saved).toEqual(stateOf(4));
  });
});

import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { outcome } from '../told.fixture.js';

describe('giving up', () => {
  it('on a loss that is not finite saves the last good state first', () => {
    const run = new Scenario({ haltAt: 13 });
    const id = run.join('w0');
    run.say(id, {
      type: 'failed',
      generation: 1,
      step: 13,
      code: 'non-finite',
      message: 'step 13: NaN in layers.0.weight',
    });
    expect(run.state.saved).toEqual(stateOf(13));
    expect(outcome(run)).toEqual({
      type: 'failed',
      code: 'non-finite',
      message: 'step 13: NaN in layers.0.weight',
      saved: 13,
      committed: 13,
    });
  });

  it.each([
    ['loss', [Number.NaN, 1], 'the loss is NaN after step 10'],
    ['accuracy', [1, Number.NaN], 'samples that are right is NaN after step 10'],
  ] as const)(
    'on a test %s that is no number saves the evaluated state, and tells of no epoch',
    (_, sums, message) => {
      const run = new Scenario({ chunkSum: (chunk) => (chunk === 3 ? sums : [1, 1]) });
      run.join('w0');
      run.join('w1');
      expect(outcome(run)).toMatchObject({
        code: 'non-finite',
        message: expect.stringContaining(message),
      });
      expect(run.state.saved).toEqual(stateOf(10));
      expect(run.notices.map(({ event }) => event)).not.toContain('epoch-end');
      expect(run.state.evaluated).toBeNull();
    },
  );

  it('on a wish saves and stops, and leaves the workers to come back to the resumed run', () => {
    const run = new Scenario({ haltAt: 13 });
    run.join('w0');
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    expect(run.state.saved).toEqual(stateOf(13));
    expect(outcome(run)).toMatchObject({ code: 'stopped' });
    expect(run.sent.map(({ message }) => message.type)).not.toContain('refused');
  });

  it('with nobody there ends at once', () => {
    const run = new Scenario();
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    expect(outcome(run)).toMatchObject({ code: 'stopped' });
  });

  it('loses the last holder and ends with what is saved', () => {
    const run = new Scenario({ haltAt: 13 });
    const id = run.join('w0');
    run.workers.get(id)!.isFrozen = true;
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    run.lose(id);
    expect(outcome(run)).toMatchObject({ code: 'stopped' });
    expect(run.state.saved).toEqual(stateOf(10));
  });

  it('saves what is in memory already, whoever is lost meanwhile', () => {
    const run = new Scenario({ haltAt: 4, isDiskSlow: true });
    const id = run.join('w0');
    run.tell({ type: 'stop', message: 'Ctrl-C' });
    run.lose(id);
    expect(run.waiting).toBe('saving the checkpoint of step 4');
    run.tell({ type: 'saved', held: stateOf(4), path: null });
    expect(run.effects.filter(({ type }) => type === 'save-state')).toHaveLength(1);
    expect(outcome(run)).toMatchObject({ code: 'stopped' });
  });

  it('ends when the disk does not take a checkpoint, and leaves the steps since with the workers', () => {
    const run = new Scenario({ haltAt: 4 });
    run.progress(run.join('w0'), 4);
    run.tell({ type: 'disk-failed', message: 'no space left' });
    expect(outcome(run)).toEqual({
      type: 'failed',
      code: 'disk',
      message: 'no space left',
      saved: 0,
      committed: 4,
    });
    expect(run.sent.map(({ message }) => message.type)).not.toContain('refused');
  });
});

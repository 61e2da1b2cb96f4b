// Checkpoints that somebody asks for: of the newest step that members hold, whatever happens meanwhile.
import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import type { Effect } from '../state/effect.js';

const ASKED = { type: 'checkpoint' } as const;
const FEW = { checkpointEvery: 20 };

function answers({ effects }: Scenario) {
  return effects.filter(({ type }) => type === 'checkpoint-kept' || type === 'checkpoint-refused');
}

function savesOf({ effects }: Scenario): number[] {
  return effects.flatMap((effect) => (effect.type === 'save-state' ? [effect.held.step] : []));
}

function kept(step: number): Effect {
  return { type: 'checkpoint-kept', held: stateOf(step) };
}

describe('a checkpoint that is asked for', () => {
  it('is of the newest step that members hold, is journalled before it is told, and the run goes on', () => {
    const run = new Scenario({ config: FEW, haltAt: 4 });
    run.join('w0');
    run.join('w1');
    run.progress(1, 3);
    run.tell(ASKED);
    expect(answers(run)).toEqual([kept(4)]);
    expect(run.state.saved).toEqual(stateOf(4));
    const types = run.effects.map(({ type }) => type);
    const record = run.effects.findIndex(
      (effect) => effect.type === 'journal' && effect.record.type === 'checkpoint',
    );
    expect(record).toBeGreaterThan(types.indexOf('save-state'));
    expect(types.indexOf('checkpoint-kept')).toBeGreaterThan(record);
    expect(run.state.phase).toMatchObject({ name: 'running', until: 10 });
    run.runTo();
    expect(run.state.phase).toMatchObject({
      name: 'over',
      outcome: { type: 'finished', step: 20 },
    });
    expect(savesOf(run)).toEqual([4, 20]);
  });

  it('is one for all who ask before it is there', () => {
    const run = new Scenario({ config: FEW, haltAt: 4, isDiskSlow: true });
    run.join('w0');
    run.tell(ASKED).tell(ASKED);
    const { generation } = run.state;
    run.tell(ASKED);
    expect(run.state.generation).toBe(generation);
    run.tell({ type: 'saved', held: stateOf(4), path: 'there' });
    expect(answers(run)).toEqual([kept(4)]);
    expect(savesOf(run)).toEqual([4]);
    // Who asks later gets what there is by then.
    run.runTo(7).tell(ASKED);
    run.tell({ type: 'saved', held: stateOf(7), path: 'there' });
    expect(answers(run)).toEqual([kept(4), kept(7)]);
  });

  it('comes from another member when the one that hands it over is lost', () => {
    const config = { ...FEW, minWorkers: 2 };
    const run = new Scenario({ config, haltAt: 4, isFetchSlow: true });
    const first = run.join('w0');
    const second = run.join('w1');
    run.tell(ASKED);
    expect(run.state.phase).toMatchObject({ name: 'saving', from: first });
    run.lose(first);
    expect(run.state.phase).toMatchObject({ name: 'saving', from: second });
    run.tell({ type: 'state-held', held: stateOf(4) });
    expect(answers(run)).toEqual([kept(4)]);
  });

  it('is of what is left when the newest step is lost with its only holder', () => {
    const run = new Scenario({ config: FEW, haltAt: 4, isFetchSlow: true });
    const only = run.join('w0');
    run.tell(ASKED).lose(only);
    expect(answers(run)).toEqual([kept(0)]);
    expect(savesOf(run)).toEqual([]);
  });

  it('is the last one, at once, where nobody holds anything newer', () => {
    const run = new Scenario({ config: { ...FEW, minWorkers: 2 } });
    run.tell(ASKED);
    expect(answers(run)).toEqual([kept(0)]);
    run.join('w0');
    run.tell(ASKED);
    expect(answers(run)).toEqual([kept(0), kept(0)]);
  });

  it('waits for a generation where a member brings a newer step, and others are waited for', () => {
    const durable = { generation: 3, members: ['w0', 'w1'] };
    const run = new Scenario({ config: FEW, durable, haltAt: 6 });
    run.join('w0', { held: stateOf(6) });
    run.tell(ASKED);
    expect(answers(run)).toEqual([]);
    run.join('w1', { held: stateOf(6) });
    expect(answers(run)).toEqual([kept(6)]);
  });

  it('is the one that is due, where that comes first', () => {
    const run = new Scenario({ haltAt: 9, isDiskSlow: true });
    run.join('w0');
    run.runTo(10);
    run.tell(ASKED);
    run.tell({ type: 'saved', held: stateOf(10), path: 'there' });
    expect(answers(run)).toEqual([kept(10)]);
    expect(savesOf(run).slice(0, 1)).toEqual([10]);
  });

  it('is refused where the disk does not take it, and the run goes on', () => {
    const run = new Scenario({ config: FEW, haltAt: 4, isDiskSlow: true });
    run.join('w0');
    run.tell(ASKED).tell({ type: 'disk-failed', message: 'no space left' });
    expect(answers(run)).toEqual([{ type: 'checkpoint-refused', message: 'no space left' }]);
    expect(run.state.phase).toMatchObject({ name: 'running', until: 10 });
    expect(run.state.saved.step).toBe(0);
    run.runTo();
    expect(run.state.phase).toMatchObject({ name: 'saving', target: stateOf(20) });
  });

  it('ends the run, as ever, where the disk does not take what is due', () => {
    const run = new Scenario({ haltAt: 9, isDiskSlow: true });
    run.join('w0');
    run.runTo(10);
    run.tell(ASKED).tell({ type: 'disk-failed', message: 'no space left' });
    expect(run.state.phase).toMatchObject({ name: 'over', outcome: { code: 'disk' } });
    expect(answers(run)).toMatchObject([{ type: 'checkpoint-refused' }]);
  });

  it('is what a run that is told to stop saves', () => {
    const run = new Scenario({ config: FEW, haltAt: 4, isDiskSlow: true });
    run.join('w0');
    run.tell({ type: 'stop', message: 'Ctrl-C' }).tell(ASKED);
    run.tell({ type: 'saved', held: stateOf(4), path: 'there' });
    expect(run.state.phase).toMatchObject({ name: 'over', outcome: { code: 'stopped', saved: 4 } });
    expect(answers(run)).toEqual([kept(4)]);
  });
});

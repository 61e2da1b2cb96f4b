import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { deals, notices, outcome, passed } from '../told.fixture.js';

function fetches(scenario: Scenario) {
  return scenario.effects.flatMap((effect) =>
    effect.type === 'fetch-state'
      ? [{ from: effect.from, generation: effect.generation, step: effect.held.step }]
      : [],
  );
}

describe('losing a worker', () => {
  it('goes on at the newest step that a survivor holds, and says how long it took', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    const [first, second] = [run.join('w0'), run.join('w1')];
    run.progress(first, 5);
    run.now += 100;
    run.lose(second);
    expect(deals(run).at(-1)).toMatchObject({ held: stateOf(5), topology: 'alone' });
    run.now += 50;
    run.progress(first, 6);
    expect(run.notices.slice(-3)).toEqual([
      {
        event: 'worker-lost',
        name: 'w1',
        code: 'closed',
        left: false,
        reason: 'closed',
        generation: 1,
        step: 5,
      },
      { event: 'generation', generation: 2, members: ['w0'], topology: 'alone', step: 5 },
      { event: 'recovered', step: 6, ms: 50 },
    ]);
  });

  it('while it hands over the state takes the state from another, or from memory', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4, isFetchSlow: true });
    const [first, second] = [run.join('w0'), run.join('w1')];
    const third = run.join('w2');
    expect(fetches(run)).toEqual([{ from: first, generation: 2, step: 4 }]);
    run.lose(first);
    expect(fetches(run).slice(1)).toEqual([{ from: second, generation: 3, step: 4 }]);
    run.tell({ type: 'state-held', held: stateOf(4) });
    expect(passed(run).at(-1)).toMatchObject({ to: [third], generation: 3, held: stateOf(4) });
    // Nobody is left who holds it; it is in memory still.
    const late = new Scenario({ haltAt: 4, isFetchSlow: true });
    const holder = late.join('w0');
    const waiting = late.join('w1', { isHeldBack: true });
    late.tell({ type: 'state-held', held: stateOf(4) });
    late.lose(holder);
    expect(passed(late).at(-1)).toMatchObject({ to: [waiting], generation: 3, held: stateOf(4) });
    expect(late.effects).not.toContainEqual({ type: 'load-state', held: stateOf(4) });
    expect(fetches(late)).toHaveLength(1);
    expect(late.ranges()).toEqual([[0, 8]]);
  });

  it('of all of them waits for another, and then goes on from the last checkpoint', () => {
    const run = new Scenario({ haltAt: 13 });
    run.lose(run.join('w0'));
    expect(run.waiting).toBe('waiting for workers: 0 of 1');
    run.join('w1');
    expect(deals(run).at(-1)!.held).toEqual(stateOf(10));
    expect(run.effects).toContainEqual({ type: 'load-state', held: stateOf(10) });
    run.runTo();
    expect(notices(run, 'epoch-end')).toHaveLength(2);
    expect(outcome(run)).toMatchObject({ type: 'finished' });
  });

  it('in an evaluation has the epoch evaluated again by the others, and told once', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 9 });
    const [first, second] = [run.join('w0'), run.join('w1')];
    run.workers.get(second)!.isFrozen = true;
    run.runTo();
    expect(run.waiting).toBe('waiting for w1 to evaluate step 10');
    run.now += 30;
    run.lose(second);
    const [epoch] = notices(run, 'epoch-end');
    expect(epoch).toMatchObject({
      epoch: 1,
      evaluation: { sums: { test: { loss: [5], 'metric.accuracy.correct': [5] } } },
    });
    expect(notices(run, 'epoch-end')).toHaveLength(2);
    expect(notices(run, 'recovered')).toEqual([{ event: 'recovered', step: 10, ms: 0 }]);
    const again = run.sent.filter(
      ({ to, message }) => to === first && message.type === 'advance' && message.generation === 2,
    );
    expect(again[0]!.message).toMatchObject({ until: 10, firstChunk: 0, endChunk: 5 });
  });

  it('while a checkpoint is written does not write it twice, and goes on only when it is saved', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, isDiskSlow: true });
    run.join('w0');
    run.lose(run.join('w1'));
    expect(run.effects.filter(({ type }) => type === 'save-state')).toHaveLength(1);
    expect(run.state.phase.name).toBe('saving');
    expect(run.waiting).toBe('saving the checkpoint of step 10');
    run.tell({ type: 'saved', held: stateOf(10), path: null });
    expect(run.state.committed).toBe(20);
    expect(notices(run, 'epoch-end')).toHaveLength(2);
  });

  it('that says it goes, or that its threads died, is lost, and the one is told from the other', () => {
    const run = new Scenario({ config: { minWorkers: 3 }, haltAt: 4 });
    const [first, second] = [run.join('w0'), run.join('w1')];
    run.join('w2');
    run.say(first, { type: 'leave', reason: 'the laptop goes to sleep' });
    run.say(second, {
      type: 'failed',
      generation: 2,
      step: 4,
      code: 'thread-lost',
      message: 'out of memory',
    });
    expect(notices(run, 'worker-lost')).toMatchObject([
      { name: 'w0', code: 'left', left: true, reason: 'left: the laptop goes to sleep' },
      { name: 'w1', code: 'thread-lost', left: false, reason: 'out of memory' },
    ]);
    expect(
      deals(run)
        .at(-1)!
        .members.map(({ name }) => name),
    ).toEqual(['w2']);
  });

  it('that goes is let go at once when others hold what it holds, and nothing is saved for it', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    const first = run.join('w0');
    run.join('w1');
    run.say(first, { type: 'leave', reason: 'told to' });
    expect(run.effects).toContainEqual({
      ...{ type: 'close', id: first, code: 'left', message: 'left: told to' },
    });
    expect(run.state.saved.step).toBe(0);
    expect(run.state.generation).toBe(2);
    expect(run.ranges()).toEqual([[0, 8]]);
  });

  it('that is sent away goes when others hold what it holds, and is told not to come again', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    const first = run.join('w0');
    run.join('w1');
    run.tell({ type: 'dismissed', id: first, message: 'sent away' });
    expect(run.effects).toContainEqual({
      ...{ type: 'close', id: first, code: 'dismissed', message: 'sent away' },
    });
    expect(notices(run, 'worker-lost')).toMatchObject([{ name: 'w0', reason: 'sent away' }]);
    expect(run.ranges()).toEqual([[0, 8]]);
  });

  it.each([
    ['goes', { type: 'leave', reason: 'told to' }],
    ['has lost its threads', { type: 'failed', code: 'thread-lost', message: 'told to' }],
  ] as const)('that %s with what only it holds has it saved first', (_, message) => {
    const reason = message.type === 'leave' ? 'left: told to' : 'told to';
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4, isDiskSlow: true });
    const ids = [run.join('w0'), run.join('w1')];
    run.progress(ids[0]!, 5);
    for (const id of ids) {
      const { generation } = run.state;
      run.say(id, message.type === 'leave' ? message : { ...message, generation, step: 5 });
    }
    expect(run.waiting).toBe('saving the checkpoint of step 5');
    expect(run.events).not.toContain('worker-lost');
    run.tell({ type: 'saved', held: stateOf(5), path: 'step-5' });
    expect(
      notices(run, 'worker-lost').map((notice) => 'reason' in notice && notice.reason),
    ).toEqual([reason, reason]);
    expect(run.state).toMatchObject({ phase: { name: 'waiting' }, members: [], saved: stateOf(5) });
    run.join('w2');
    expect(deals(run).at(-1)!.held).toEqual(stateOf(5));
  });

  it('that wants to go, and is gone before it is let go, is lost', () => {
    const run = new Scenario({ haltAt: 4, isDiskSlow: true });
    const id = run.join('w0');
    run.progress(id, 5);
    run.say(id, { type: 'leave', reason: 'told to' });
    run.lose(id);
    expect(notices(run, 'worker-lost')).toMatchObject([{ name: 'w0', left: false }]);
  });

  it('that goes while the run is saved for it and others come leaves them a generation', () => {
    const run = new Scenario({ haltAt: 4, isDiskSlow: true });
    run.say(run.join('w0'), { type: 'leave', reason: 'told to' });
    run.join('w1');
    run.tell({ type: 'saved', held: stateOf(4), path: 'step-4' });
    expect(run.state.members.map(({ name }) => name)).toEqual(['w1']);
    expect(run.state.phase.name).toBe('running');
    expect(run.journal.findLast(({ type }) => type === 'generation')).toMatchObject({
      members: ['w1'],
    });
  });

  it('that cannot be dialled in a forced mesh and brings the newest step is refused when that is saved', () => {
    const run = new Scenario({ config: { topology: 'mesh' } });
    const id = run.join('w0', { held: stateOf(7) });
    expect(run.state.saved).toEqual(stateOf(7));
    expect(run.sent.filter(({ message }) => message.type === 'refused')).toMatchObject([
      { to: id, message: { code: 'unreachable' } },
    ]);
    expect(run.state.members).toEqual([]);
  });

  it('that lives but does not answer is one too, after a minute, and nobody else is', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    run.join('w0');
    const silent = run.join('w1');
    run.workers.get(silent)!.isFrozen = true;
    run.join('w2');
    expect(run.state.phase.name).toBe('pausing');
    run.now += 60_000;
    run.tell({ type: 'tick' });
    expect(run.events).not.toContain('worker-lost');
    run.now += 1;
    run.tell({ type: 'tick' });
    expect(notices(run, 'worker-lost')).toMatchObject([
      {
        name: 'w1',
        code: 'overdue',
        reason: expect.stringMatching(/nothing of it for 60 s, which generation 2 waits for/),
      },
    ]);
    expect(run.state.phase.name).toBe('running');
    expect(
      deals(run)
        .at(-1)!
        .members.map(({ name }) => name),
    ).toEqual(['w0', 'w2']);
  });

  it('that had not joined yet is no loss', () => {
    const run = new Scenario({ haltAt: 4 });
    run.join('w0');
    run.lose(run.connect('w1'));
    expect(run.events).not.toContain('worker-lost');
    expect(run.state.generation).toBe(1);
  });
});

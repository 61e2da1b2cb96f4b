import { describe, expect, it } from 'vitest';
import { digestOf, Scenario, stateOf } from '../scenario.fixture.js';
import type { MemberId } from '../state/member.js';
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

describe('a worker that lacks the state', () => {
  it('does not hold the others up: they compute everything while it has yet to come', () => {
    const { run, ids, late } = catchingUp({ workers: 2 });
    expect(run.ranges()).toEqual([
      [0, 4],
      [4, 8],
      [8, 8],
    ]);
    expect(advances(run).map(({ to }) => to)).toEqual(ids);
    run.progress(ids[0]!, 5);
    expect(run.state.committed).toBe(5);
    expect(passes(run)).toEqual([[ids, 1, 0]]);
    hold(run, 4);
    expect(passes(run).slice(1)).toEqual([[[late], 2, 4]]);
    expect(advances(run).map(({ to }) => to)).toEqual(ids);
    expect(run.state.generation).toBe(2);
  });

  it('has an empty range in its place, wherever that is', () => {
    const run = new Scenario({ haltAt: 0, isFetchSlow: true, config: { minWorkers: 3 } });
    run.join('w0');
    run.join('w1', { held: stateOf(6), threads: 3 });
    run.join('w2');
    run.join('w3', { held: stateOf(6) });
    expect(run.state.catchUp).toMatchObject({ behind: [1, 3], held: stateOf(6) });
    expect(run.ranges()).toEqual([
      [0, 0],
      [0, 6],
      [6, 6],
      [6, 8],
    ]);
  });

  it('may have finished one step less than the others when a generation formed', () => {
    const run = new Scenario({ config: { minWorkers: 3 }, haltAt: 4, isFetchSlow: true });
    const [first, second, third] = [run.join('w0'), run.join('w1'), run.join('w2')];
    run.progress(first, 5);
    run.lose(third);
    expect(run.state.catchUp).toMatchObject({ behind: [second], held: stateOf(5) });
    expect(run.ranges()).toEqual([
      [0, 8],
      [8, 8],
    ]);
    hold(run, 5);
    expect(run.state).toMatchObject({ generation: 3, catchUp: null });
    expect(run.ranges()).toEqual([
      [0, 4],
      [4, 8],
    ]);
  });

  it('is dealt in by a new generation, at the step where the others are by then', () => {
    const { run, ids, late } = catchingUp();
    hold(run, 4);
    run.progress(ids[0]!, 7);
    run.catchUp(late);
    expect(effectsOf(run, 'deal').at(-1)).toMatchObject({ generation: 3, held: stateOf(7) });
    expect(run.state.catchUp).toBeNull();
    expect(copies(run)).toEqual([]);
    expect(run.ranges()).toEqual([
      [0, 4],
      [4, 8],
    ]);
  });

  it('is prepared without a state, and no other is', () => {
    for (const isBehind of [true, false]) {
      const run = new Scenario({ haltAt: 4 });
      const worker = run.join('w0');
      const late = run.join('late', { isHeldBack: true });
      const id = isBehind ? late : worker;
      run.workers.get(id)!.isFrozen = true;
      run.join('w2');
      run.say(id, { type: 'paused', generation: 3, held: isBehind ? null : stateOf(4) });
      expect(closed(run)).toEqual([]);
      const held = isBehind ? stateOf(4) : null;
      run.say(id, { type: 'prepared', generation: 3, held });
      expect(closed(run)).toEqual([[id, 'protocol']]);
    }
  });

  it('is behind for a while, in which nothing is dealt anew for speed', () => {
    const config = { minWorkers: 4, stepsPerEpoch: 1000, steps: 1000, checkpointEvery: 1000 };
    const run = new Scenario({ config, haltAt: 4, isFetchSlow: true });
    const ids = ['w0', 'w1', 'w2', 'w3'].map((name) => run.join(name));
    for (const id of ids) run.progress(id, 5);
    for (const id of ids.slice(0, 2)) run.progress(id, 6);
    run.lose(ids[3]!);
    expect(run.state.catchUp).toMatchObject({ behind: [ids[2]] });
    for (let step = 7; step < 107; step++) {
      run.now += 200;
      for (const id of ids.slice(0, 2)) run.workers.get(id)!.held = stateOf(step);
      for (const [rank, id] of ids.slice(0, 2).entries()) run.progress(id, step, [10, 50][rank]);
    }
    expect(run.state.generation).toBe(2);
    hold(run, 6);
    expect(run.state.generation).toBe(3);
    const [[, first], [, second]] = run.ranges() as [[number, number], [number, number]];
    expect(first).toBeGreaterThan(second! - first);
  });
});

describe('the state that others have gone on from', () => {
  it('is asked of a holder before anyone is told to go on', () => {
    const { run, ids } = catchingUp();
    expect(fetches(run)).toEqual([[ids[0], 2, 4]]);
    const types = run.effects.flatMap((effect) => {
      if (effect.type === 'fetch-state') return effect.type;
      return effect.type === 'send' && effect.message.type === 'advance'
        ? `${effect.message.type} ${effect.message.generation}`
        : [];
    });
    expect(types).toEqual(['advance 1', 'fetch-state', 'advance 2']);
  });

  it('comes from the disk if it is saved', () => {
    const run = new Scenario({ haltAt: 10 });
    run.join('w0');
    const late = run.join('late');
    expect(effectsOf(run, 'load-state').map(({ held }) => held.step)).toEqual([0, 10]);
    expect(fetches(run)).toEqual([[1, 1, 10]]);
    expect(passes(run).at(-1)).toEqual([[late], 2, 10]);
    expect(run.state.generation).toBe(3);
  });

  it('is offered as soon as all are prepared if it is in memory', () => {
    const { run, late } = catchingUp();
    hold(run, 4);
    const further = run.join('further', { isHeldBack: true });
    expect(fetches(run)).toHaveLength(1);
    expect(passes(run).at(-1)).toEqual([[late, further], 3, 4]);
    const steps = ['deal', 'emit', 'offer-state'];
    expect(run.effects.map(({ type }) => type).filter((type) => steps.includes(type))).toEqual([
      ...['emit', 'offer-state', 'deal', 'emit'],
      // Who comes, the new generation, and why it is a star.
      ...['emit', 'deal', 'emit', 'emit', 'offer-state'],
      ...['emit', 'deal', 'emit', 'emit', 'offer-state'],
    ]);
    expect(copies(run)).toEqual([4]);
  });

  it('is obtained once, if it is to be saved as well', () => {
    const run = new Scenario({ haltAt: 10, isFetchSlow: true });
    const id = run.join('w0');
    const late = run.join('late', { isHeldBack: true });
    expect(run.state.phase).toMatchObject({ name: 'saving', from: id });
    expect(fetches(run)).toEqual([
      [id, 1, 10],
      [id, 2, 10],
    ]);
    hold(run, 10);
    expect(passes(run).at(-1)).toEqual([[late], 2, 10]);
    expect(effectsOf(run, 'save-state')).toHaveLength(1);
    expect(run.state).toMatchObject({ saved: stateOf(10), phase: { name: 'running', until: 20 } });
    expect(effectsOf(run, 'load-state').map(({ held }) => held.step)).toEqual([0]);
    expect(effectsOf(run, 'drop-state').map(({ held }) => held.step)).toEqual([0]);
    expect(copies(run)).toEqual([10]);
  });

  it('that comes too late, or is another one, is not kept', () => {
    const { run, late } = catchingUp();
    hold(run, 3);
    expect(run.effects.at(-1)).toEqual({ type: 'drop-state', held: stateOf(3) });
    expect(run.state.catchUp).toMatchObject({ isOffered: false });
    hold(run, 4);
    hold(run, 3);
    expect(copies(run)).toEqual([4]);
    run.lose(late);
    hold(run, 4);
    expect(run.effects.at(-1)).toEqual({ type: 'drop-state', held: stateOf(4) });
    expect(copies(run)).toEqual([]);
  });

  it('that nobody holds is waited for by all, and nobody is behind', () => {
    const saved = stateOf(10);
    const run = new Scenario({
      haltAt: 10,
      durable: { generation: 5, members: ['w0', 'w1'], saved },
    });
    run.join('w0');
    const slow = run.connect('w1', stateOf(3));
    run.workers.get(slow)!.isFrozen = true;
    run.say(slow, { type: 'join', name: 'w1', threads: 1, url: null, held: stateOf(3) });
    run.say(slow, { type: 'paused', generation: 6, held: stateOf(3) });
    expect(effectsOf(run, 'load-state')).toEqual([{ type: 'load-state', held: saved }]);
    expect(passes(run)).toEqual([[[1, 2], 6, 10]]);
    expect(run.state).toMatchObject({ catchUp: null, phase: { name: 'preparing' } });
    expect(run.waiting).toBe('waiting for w1 to be ready for generation 6 at step 10');
    expect(advances(run)).toEqual([]);
    run.say(slow, { type: 'prepared', generation: 6, held: saved });
    expect(advances(run).map(({ to }) => to)).toEqual([1, 2]);
    expect(copies(run)).toEqual([]);
  });
});

describe('caught-up', () => {
  const wrongs: [string, (run: Scenario, late: MemberId) => MemberId][] = [
    [
      'before the state was offered',
      (run, late) => {
        run.catchUp(late);
        return late;
      },
    ],
    [
      'from one who was not behind',
      (run) => {
        hold(run, 4);
        run.say(1, { type: 'caught-up', generation: 3, step: 4, digest: digestOf(4) });
        return 1;
      },
    ],
    [
      'twice',
      (run, late) => {
        hold(run, 4);
        run.catchUp(late).catchUp(late);
        return late;
      },
    ],
    [
      'at a step before the one that was offered',
      (run, late) => {
        hold(run, 4);
        run.catchUp(late, stateOf(3));
        return late;
      },
    ],
    [
      'at a step beyond the stop',
      (run, late) => {
        hold(run, 4);
        run.catchUp(late, stateOf(11));
        return late;
      },
    ],
  ];

  it.each(wrongs)('%s costs the connection, and nobody else anything', (_, act) => {
    const { run, late } = catchingUp();
    run.join('other', { isHeldBack: true });
    const id = act(run, late);
    expect(closed(run)).toEqual([[id, 'protocol']]);
    expect(run.state.members).toHaveLength(2);
    expect(run.state.committed).toBe(4);
  });

  it('at a step beyond the one that is being saved costs the connection', () => {
    const { run, late } = catchingUp();
    hold(run, 4);
    run.runTo(10);
    expect(run.state.phase.name).toBe('saving');
    run.catchUp(late, stateOf(11));
    expect(closed(run)).toEqual([[late, 'protocol']]);
  });

  it('with nobody behind costs the connection', () => {
    const run = new Scenario({ haltAt: 4 });
    const id = run.join('w0');
    run.say(id, { type: 'caught-up', generation: 1, step: 4, digest: digestOf(4) });
    expect(closed(run)).toEqual([[id, 'protocol']]);
  });

  it('with another digest than the others have stops the run', () => {
    const { run, late } = catchingUp();
    hold(run, 4);
    run.catchUp(late, { digest: digestOf(999) });
    expect(outcome(run)).toMatchObject({ type: 'failed', code: 'divergence' });
    const { message } = outcome(run) as { message: string };
    for (const part of ['step 4', 'w0', 'late', digestOf(4), digestOf(999)]) {
      expect(message).toContain(part);
    }
  });
});

describe('who is behind', () => {
  it('has no progress to tell of', () => {
    const { run, late } = catchingUp();
    run.progress(late, 5);
    expect(closed(run)).toEqual([[late, 'protocol']]);
  });

  it('is let go when nothing of the state has moved for five minutes, and not before', () => {
    const { run, late } = catchingUp();
    for (let minute = 0; minute < 12; minute++) {
      run.now += 60_000;
      if (minute < 6) run.tell({ type: 'state-moved' });
      if (minute === 6) hold(run, 4);
      run.tell({ type: 'tick' });
      expect(closed(run)).toEqual(minute < 11 ? [] : [[late, 'overdue']]);
    }
  });

  it('cannot say that it has caught up, and then hold nothing', () => {
    const { run, late } = catchingUp();
    hold(run, 4);
    run.workers.get(late)!.held = null;
    run.say(late, { type: 'caught-up', generation: 2, ...stateOf(4) });
    expect(closed(run)).toEqual([[late, 'protocol']]);
  });
});

describe('an audited run', () => {
  const audit = { share: 1, seed: 0 };

  it('waits for those who are behind, and audits when all compute', () => {
    const { run, ids, late } = catchingUp({ workers: 2, config: { audit } });
    const other = run.join('other', { isHeldBack: true });
    expect(fetches(run).at(-1)).toEqual([ids[0], 3, 4]);
    expect(run.waiting).toBe('waiting for w0 to send the state of step 4');
    hold(run, 4);
    expect(passes(run).at(-1)).toEqual([[late, other], 3, 4]);
    expect(run.waiting).toBe('waiting for late, other to take the state of step 4');
    run.catchUp(late);
    expect(run.waiting).toBe('waiting for other to take the state of step 4');
    expect([...advances(run, 2), ...advances(run, 3)]).toEqual([]);
    run.catchUp(other);
    expect(run.state).toMatchObject({ generation: 4, catchUp: null, copies: [] });
    const all = [...ids, late, other];
    expect(advances(run).map(({ to }) => to)).toEqual(all);
    const digest = 'a'.repeat(64);
    const report = { type: 'audit-report', generation: 4, step: 4, own: digest, other: digest };
    for (const id of all) run.say(id, report as Parameters<typeof run.say>[1]);
    const passed = run.sent.filter(({ message }) => message.type === 'audit-passed');
    expect(passed.map(({ to }) => to)).toEqual(all);
  });

  it('reads what is saved for those who are behind', () => {
    const saved = stateOf(10);
    const durable = { generation: 5, members: ['w0'], saved };
    const run = new Scenario({ haltAt: 10, durable, config: { audit } });
    run.join('w0', { held: saved });
    const late = run.join('late', { isHeldBack: true });
    expect(effectsOf(run, 'load-state')).toEqual([{ type: 'load-state', held: saved }]);
    expect(passes(run)).toEqual([[[late], 7, 10]]);
    expect(run.waiting).toBe('waiting for late to take the state of step 10');
  });

  it('goes on without the one that is behind, if it is lost', () => {
    const { run, ids, late } = catchingUp({ workers: 2, config: { audit } });
    hold(run, 4);
    run.lose(late);
    expect(advances(run).map(({ to }) => to)).toEqual(ids);
    expect(copies(run)).toEqual([]);
  });

  it.each([
    ['the holder, if the state does not come', false],
    ['the one that is behind, if the state is there', true],
  ])('lets go of who holds the others up for five minutes: %s', (_, isThere) => {
    const { run, ids, late } = catchingUp({ workers: 2, config: { audit } });
    if (isThere) hold(run, 4);
    run.now += 300_000;
    run.tell({ type: 'tick' });
    expect(closed(run)).toEqual([]);
    run.now += 1;
    run.tell({ type: 'tick' });
    expect(closed(run)).toEqual([[isThere ? late : ids[0], 'overdue']]);
  });

  it('has two states in memory at most, however many come with a newer one', () => {
    const { run } = catchingUp({ config: { audit } });
    hold(run, 4);
    for (const step of [6, 8]) {
      run.join(`w${step}`, { held: stateOf(step) });
      hold(run, step);
      expect(passes(run).at(-1)).toMatchObject([expect.anything(), expect.anything(), step]);
      expect(copies(run).at(-1)).toBe(step);
    }
  });
});

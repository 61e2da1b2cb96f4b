import { describe, expect, it } from 'vitest';
import { digestOf, Scenario, stateOf } from './scenario.fixture.js';
import { deals, notices, outcome } from './told.fixture.js';

describe('a run', () => {
  it('goes from its first step to its last, and tells each epoch and checkpoint once', () => {
    const run = new Scenario();
    run.join('w0');
    expect(run.events).toEqual([
      'worker-joined',
      'generation',
      'epoch-end',
      'checkpoint',
      'epoch-end',
      'checkpoint',
    ]);
    expect(outcome(run)).toMatchObject({ type: 'finished', step: 20 });
    expect(run.sent.at(-1)!.message).toEqual({
      type: 'finish',
      step: 20,
      weightsHash: 'weights 20',
    });
    const evaluation = {
      step: 10,
      weightsHash: 'weights 10',
      epochLoss: 100,
      sums: { test: { loss: [5], 'metric.accuracy.correct': [5] } },
    };
    expect(notices(run, 'epoch-end')[0]).toMatchObject({ epoch: 1, evaluation });
  });

  it('journals a generation before anyone hears of it, and an evaluation before it is told', () => {
    const run = new Scenario();
    run.join('w0');
    const at = (find: (type: string) => boolean) =>
      run.effects.findIndex((effect) =>
        find(effect.type === 'journal' ? effect.record.type : effect.type),
      );
    const tells = run.effects.findIndex(
      (effect) => effect.type === 'emit' && effect.notice.event === 'epoch-end',
    );
    const pauses = run.effects.findIndex(
      (effect) => effect.type === 'send' && effect.message.type === 'pause',
    );
    expect(at((type) => type === 'generation')).toBeLessThan(pauses);
    expect(at((type) => type === 'evaluated')).toBeLessThan(tells);
  });

  it('waits for as many workers as were asked for, and says for whom', () => {
    const run = new Scenario({ config: { minWorkers: 2 } });
    expect(run.waiting).toBe('waiting for workers: 0 of 2');
    run.join('w0');
    expect(run.waiting).toBe('waiting for workers: 1 of 2 (w0 ready)');
    run.connect('w1');
    expect(run.waiting).toBe('waiting for workers: 1 of 2 (w0 ready; 1 preparing)');
    expect(deals(run)).toHaveLength(0);
    run.join('w2');
    expect(deals(run)).toHaveLength(1);
  });

  it('needs no steps: the initial weights are evaluated, and it ends', () => {
    const run = new Scenario({ config: { steps: 0 } });
    run.join('w0');
    expect(outcome(run)).toMatchObject({ type: 'finished', step: 0 });
    expect(run.events).not.toContain('epoch-end');
  });

  it('saves at multiples of checkpointEvery and at the end, whatever the epochs', () => {
    const run = new Scenario({ config: { checkpointEvery: 8 } });
    run.join('w0');
    const steps = notices(run, 'checkpoint').map((notice) => 'step' in notice && notice.step);
    expect(steps).toEqual([8, 16, 20]);
  });

  it('adds the test sums up in the order of the chunks, however many workers evaluated them', () => {
    const chunkSum = (chunk: number) => [0.1 * (chunk + 1), chunk] as const;
    const alone = new Scenario({ chunkSum });
    alone.join('w0');
    const three = new Scenario({ chunkSum, config: { minWorkers: 3 } });
    for (const name of ['w0', 'w1', 'w2']) three.join(name);
    expect(notices(three, 'epoch-end')).toEqual(notices(alone, 'epoch-end'));
  });

  it('that is done and saved already needs no worker, and tells late-comers so', () => {
    const done = new Scenario();
    done.join('w0');
    const again = new Scenario({ durable: done.durable });
    expect(outcome(again)).toEqual(outcome(done));
    again.connect('w1');
    expect(again.sent.at(-1)!.message.type).toBe('finish');
  });
});

describe('stale and wrong messages', () => {
  it('of another generation change nothing', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    const id = run.join('w0');
    run.join('w1');
    run.join('w2');
    const { state } = run;
    const held = stateOf(9);
    expect(state.generation).toBe(3);
    for (const generation of [0, 1, 2, 4]) {
      run.say(id, { type: 'paused', generation, held });
      run.say(id, { type: 'prepared', generation, held });
      run.say(id, { type: 'caught-up', generation, step: 9, digest: digestOf(999) });
      run.say(id, { type: 'digest', generation, step: 9, digest: digestOf(999) });
      run.say(id, { type: 'link-lost', generation, rank: 1, reason: '' });
      run.say(id, { type: 'failed', generation, step: 4, code: 'non-finite', message: '' });
    }
    expect(run.state).toBe(state);
  });

  it('that break the protocol cost the connection, and nobody else anything', () => {
    const wrongs: [string, (run: Scenario, id: number) => void][] = [
      ['a step beyond the stop', (run, id) => run.progress(id, 11)],
      ['reached elsewhere', (run, id) => run.reached(id, { step: 9 })],
      ['too few sums', (run, id) => run.reached(id, { chunkSums: new Uint8Array(3) })],
      [
        'joined twice',
        (run, id) => run.say(id, { type: 'join', name: 'w', threads: 1, url: null, held: null }),
      ],
    ];
    for (const [what, act] of wrongs) {
      const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 9 });
      run.join('w0');
      const id = run.join('w1');
      act(run, id);
      expect(run.effects, what).toContainEqual(
        expect.objectContaining({ type: 'close', id, code: 'protocol' }),
      );
      expect(run.ranges(), what).toEqual([[0, 8]]);
    }
  });

  it('do not leave a state in memory that nobody asked for', () => {
    const run = new Scenario({ haltAt: 4 });
    run.join('w0');
    run.tell({ type: 'state-held', held: stateOf(2) });
    expect(run.state.copies).toEqual([]);
    expect(run.effects.at(-1)).toEqual({ type: 'drop-state', held: stateOf(2) });
  });

  it('from a connection that was closed are not heard', () => {
    const run = new Scenario({ haltAt: 4 });
    const id = run.join('w0');
    run.lose(id);
    const { state } = run;
    run.say(id, { type: 'leave', reason: 'gone' });
    run.say(id, { type: 'paused', generation: 1, held: stateOf(4) });
    run.tell({ type: 'lost', id, why: { code: 'closed', message: 'closed' } });
    expect(run.state.members).toEqual(state.members);
    expect(run.state.generation).toBe(state.generation);
  });
});

import { describe, expect, it } from 'vitest';
import { digestOf, NEW_RUN, Scenario, stateOf } from './scenario.fixture.js';

function deals(scenario: Scenario) {
  return scenario.effects.filter((effect) => effect.type === 'deal');
}

function passed(scenario: Scenario) {
  return scenario.effects.filter((effect) => effect.type === 'offer-state');
}

function fetches(scenario: Scenario) {
  return scenario.effects.flatMap((effect) =>
    effect.type === 'fetch-state'
      ? [{ from: effect.from, generation: effect.generation, step: effect.held.step }]
      : [],
  );
}

function notices(scenario: Scenario, event: string) {
  return scenario.notices.filter((notice) => notice.event === event);
}

function outcome(scenario: Scenario) {
  const { phase } = scenario.state;
  return phase.name === 'over' ? phase.outcome : undefined;
}

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

describe('joining', () => {
  it('begins a generation in which the new worker gets the state from one who has it, and then one that deals it in', () => {
    const run = new Scenario({ haltAt: 4 });
    const first = run.join('w0');
    run.join('w1');
    expect(deals(run).map(({ generation, held }) => [generation, held.step])).toEqual([
      [1, 0],
      [2, 4],
      [3, 4],
    ]);
    expect(deals(run)[1]!.members).toMatchObject([
      { name: 'w0', first: 0, end: 8, isBehind: false },
      { name: 'w1', first: 8, end: 8, isBehind: true },
    ]);
    expect(run.effects).toContainEqual({
      type: 'fetch-state',
      from: first,
      generation: 2,
      held: stateOf(4),
    });
    expect(passed(run).at(-1)).toMatchObject({ to: [2], generation: 2, held: stateOf(4) });
    expect(run.ranges()).toEqual([
      [0, 4],
      [4, 8],
    ]);
  });

  it('while a generation forms starts the forming over', () => {
    const run = new Scenario({ config: { minWorkers: 2 } });
    const first = run.join('w0');
    run.workers.get(first)!.isFrozen = true;
    run.join('w1');
    expect(run.waiting).toBe('waiting for w0 to stop (generation 1)');
    run.join('w2');
    expect(run.state.generation).toBe(2);
    run.workers.get(first)!.isFrozen = false;
    run.say(first, { type: 'paused', generation: 1, held: null });
    expect(run.state.phase).toMatchObject({ name: 'pausing', answered: [2, 3] });
    run.say(first, { type: 'paused', generation: 2, held: null });
    expect(deals(run)).toHaveLength(1);
  });

  it('with a newer state than all others takes the run on from there', () => {
    const run = new Scenario({ haltAt: 4 });
    run.join('w0');
    const ahead = run.join('w1', { held: stateOf(6) });
    expect(passed(run).at(-1)).toMatchObject({ to: [1], held: stateOf(6) });
    expect(run.effects).toContainEqual({
      type: 'fetch-state',
      from: ahead,
      generation: 2,
      held: stateOf(6),
    });
    expect(deals(run).at(-1)!.held).toEqual(stateOf(6));
  });

  it('with an older state gets the newer one', () => {
    const run = new Scenario({ haltAt: 4 });
    run.join('w0');
    run.join('w1', { held: stateOf(2) });
    expect(passed(run).at(-1)).toMatchObject({ to: [2], held: stateOf(4) });
  });

  it('of a worker that others cannot dial makes a star of it, and is refused where a mesh is forced', () => {
    const auto = new Scenario({ haltAt: 0 });
    auto.join('w0', { url: 'ws://w0' });
    auto.join('w1', { url: 'ws://w1' });
    auto.join('w2');
    const topologies = deals(auto).map(({ topology }) => topology);
    expect(topologies).toEqual(['alone', 'mesh', 'mesh', 'star', 'star']);
    const mesh = new Scenario({ config: { topology: 'mesh' } });
    const id = mesh.join('w0');
    expect(mesh.sent.at(-1)).toMatchObject({
      to: id,
      message: { type: 'refused', code: 'unreachable' },
    });
    expect(mesh.state.members).toEqual([]);
  });

  it('is refused beyond the most workers that the run takes', () => {
    const run = new Scenario({ config: { maxWorkers: 1 }, haltAt: 0 });
    run.join('w0');
    run.join('w1');
    expect(run.sent.at(-1)!.message).toMatchObject({ type: 'refused', code: 'full' });
    expect(run.state.generation).toBe(1);
  });

  it('takes its time: so many may prepare at once, and a further one is asked to come again', () => {
    const run = new Scenario({ config: { maxWorkers: 2 } });
    for (const name of ['w0', 'w1', 'w2']) run.connect(name);
    expect(run.sent).toMatchObject([{ to: 3, message: { type: 'refused', code: 'busy' } }]);
    expect(run.state.arriving).toEqual([1, 2]);
  });
});

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

describe('a mesh', () => {
  const url = 'ws://w';

  it('in which two cannot reach each other becomes a star, and stays one', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 0 });
    const first = run.join('w0', { url });
    run.join('w1', { url });
    run.say(first, { type: 'link-lost', generation: 1, rank: 1, reason: 'timeout' });
    run.join('w2', { url });
    const topologies = deals(run).map(({ topology }) => topology);
    expect(topologies).toEqual(['mesh', 'star', 'star', 'star']);
  });

  it('in which a link broke because a worker died stays a mesh', () => {
    const run = new Scenario({ config: { minWorkers: 3 }, haltAt: 0 });
    const ids = ['w0', 'w1', 'w2'].map((name) => run.join(name, { url }));
    run.workers.get(ids[2]!)!.isFrozen = true;
    run.say(ids[0]!, { type: 'link-lost', generation: 1, rank: 2, reason: 'closed' });
    expect(run.waiting).toBe('waiting for w2 to stop (generation 2)');
    run.lose(ids[2]!);
    expect(deals(run).map(({ topology }) => topology)).toEqual(['mesh', 'mesh']);
  });

  const forced = { minWorkers: 2, topology: 'mesh' } as const;

  it.each([0, 1])(
    'that is forced and cannot be made saves the newest step, and ends with the pair and the address (rank %d says so)',
    (rank) => {
      const run = new Scenario({ config: forced, haltAt: 4, isDiskSlow: true });
      const ids = ['w0', 'w1'].map((name) => run.join(name, { url: `ws://${name}:7` }));
      for (const generation of [1, 2, 3]) {
        const reason = 'refused: nobody listens';
        run.say(ids[rank]!, { type: 'link-lost', generation, rank: 1 - rank, reason });
        expect(outcome(run)).toBeUndefined();
      }
      expect(run.waiting).toBe('saving the checkpoint of step 4');
      expect(run.sent.some(({ message }) => message.type === 'refused')).toBe(false);
      run.tell({ type: 'saved', held: stateOf(4), path: 'step-4' });
      expect(run.journal.at(-1)).toEqual({ type: 'checkpoint', ...stateOf(4) });
      expect(outcome(run)).toMatchObject({ code: 'mesh', saved: 4, committed: 4 });
      const { message } = outcome(run) as { message: string };
      expect(message).toMatch(
        /^mesh: w1 cannot reach w0 at ws:\/\/w0:7 \(refused: nobody listens\), 3 times in a row /,
      );
      const told = run.sent.flatMap(({ message }) => (message.type === 'refused' ? [message] : []));
      expect(told).toHaveLength(2);
      expect(told[0]).toMatchObject({ code: 'run-failed', message });
    },
  );

  it('that is given up has saved what is left if who held the newest step dies meanwhile', () => {
    const run = new Scenario({
      config: { ...forced, minWorkers: 3 },
      haltAt: 4,
      isFetchSlow: true,
    });
    const ids = ['w0', 'w1', 'w2'].map((name) => run.join(name, { url }));
    run.progress(ids[0]!, 5);
    for (const generation of [1, 2, 3]) {
      run.say(ids[2]!, { type: 'link-lost', generation, rank: 1, reason: 'timeout' });
    }
    expect(run.waiting).toBe('waiting for w0 to send the state of step 5');
    run.lose(ids[0]!);
    expect(run.waiting).toBe('waiting for w1 to send the state of step 4');
    run.tell({ type: 'state-held', held: stateOf(4) });
    expect(outcome(run)).toMatchObject({ code: 'mesh', saved: 4, committed: 5 });
  });
});

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

describe('a coordinator that starts again', () => {
  function killed(haltAt: number): Scenario {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt });
    run.join('w0');
    run.join('w1');
    run.runTo(haltAt);
    return run;
  }

  it('goes on from the newest step that a worker holds, ahead of the checkpoint', () => {
    const { durable } = killed(13);
    expect(durable).toMatchObject({ generation: 1, members: ['w0', 'w1'], saved: stateOf(10) });
    const run = new Scenario({ durable, config: { minWorkers: 2 }, haltAt: 13 });
    run.join('w1', { held: stateOf(12) });
    expect(run.waiting).toBe(
      'waiting for workers: 1 of 2 (w1 ready; w0 is not back, waiting for it 2.0 s more)',
    );
    run.join('w0', { held: stateOf(13) });
    expect(deals(run).map(({ generation, held }) => [generation, held.step])).toEqual([
      [2, 13],
      [3, 13],
    ]);
    expect(passed(run)).toMatchObject([{ to: [1], held: stateOf(13) }]);
    run.runTo();
    expect(outcome(run)).toMatchObject({ type: 'finished' });
    expect(notices(run, 'epoch-end')).toMatchObject([{ epoch: 2 }]);
  });

  it('waits for the last members only so long from the first that is back', () => {
    const run = new Scenario({ durable: killed(13).durable, haltAt: 13 });
    run.now += 60_000;
    run.join('w1', { held: stateOf(12) });
    run.now += 1999;
    run.tell({ type: 'tick' });
    expect(run.state.phase.name).toBe('waiting');
    run.now += 1;
    run.tell({ type: 'tick' });
    expect(deals(run)[0]).toMatchObject({ held: stateOf(12) });
  });

  it('waits for minWorkers as at the beginning, whoever they are and whatever they hold, and goes on with fewer then', () => {
    const run = new Scenario({
      durable: killed(13).durable,
      config: { minWorkers: 2 },
      haltAt: 15,
    });
    expect(run.waiting).toBe('waiting for workers: 0 of 2 (w0 has not joined; w1 has not joined)');
    const back = run.join('w1', { held: stateOf(12) });
    run.now += 2000;
    run.tell({ type: 'tick' });
    expect(run.waiting).toBe('waiting for workers: 1 of 2 (w1 ready)');
    const other = run.join('w2');
    expect(run.state.phase.name).toBe('running');
    run.lose(other);
    expect(run.state.phase.name).toBe('running');
    run.lose(back);
    expect(run.waiting).toBe('waiting for workers: 0 of 1');
  });

  it('and finds workers at an epoch end that was told, saves it and does not tell it again', () => {
    const { durable } = killed(13);
    const run = new Scenario({ durable: { ...durable, saved: stateOf(0) }, haltAt: 10 });
    run.join('w0', { held: stateOf(10) });
    run.join('w1', { held: stateOf(10) });
    expect(run.state.saved).toEqual(stateOf(10));
    expect(notices(run, 'epoch-end')).toEqual([]);
  });

  it.each([
    ['one of its workers has taken a step', stateOf(0), stateOf(3)],
    ['it is saved', stateOf(10), null],
  ])(
    'and takes over from another one waits for no more than are there once %s',
    (_, saved, held) => {
      const { durable } = killed(0);
      const run = new Scenario({
        durable: { ...durable, members: [], saved },
        config: { minWorkers: 2, takesOver: true },
      });
      run.join('w0', { held });
      expect(run.state.phase.name).not.toBe('waiting');
    },
  );

  it('and takes over before the first step asks for minWorkers', () => {
    const { durable } = killed(0);
    const run = new Scenario({ durable, config: { minWorkers: 2, takesOver: true } });
    run.join('w0', { held: stateOf(0) });
    run.now += 5000;
    run.tell({ type: 'tick' });
    expect(run.state.phase.name).toBe('waiting');
  });

  it('and takes over does not ask for them once an epoch was evaluated, though nothing is saved since the beginning', () => {
    const evaluated = { step: 10, weightsHash: 'weights 10', epochLoss: 100, sums: {} };
    const durable = { generation: 1, members: [], saved: stateOf(0), evaluated };
    const config = { minWorkers: 2, takesOver: true, checkpointEvery: 20 };
    const run = new Scenario({ durable, config });
    run.join('w0');
    expect(run.state.phase.name).not.toBe('waiting');
  });
});

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

describe('rebalancing', () => {
  function pair(shards = 8): { run: Scenario; ids: number[] } {
    const run = new Scenario({
      config: { shards, minWorkers: 2, stepsPerEpoch: 1000, steps: 1000, checkpointEvery: 1000 },
      haltAt: 0,
    });
    return { run, ids: [run.join('w0'), run.join('w1')] };
  }

  function report(run: Scenario, ids: number[], ms: readonly number[], seconds: number): void {
    for (let tick = 0; tick < 5 * seconds; tick++) {
      run.now += 200;
      const step = run.state.committed + 1;
      // They all take the step before the first of them tells of it.
      for (const id of ids) run.workers.get(id)!.held = stateOf(step);
      for (const [rank, id] of ids.entries()) run.progress(id, step, ms[rank]!);
    }
  }

  it('deals anew when a worker proves slow, not before ten seconds, and not again', () => {
    const { run, ids } = pair();
    report(run, ids, [10, 30], 9);
    expect(run.state.generation).toBe(1);
    report(run, ids, [10, 30], 2);
    expect(run.state.generation).toBe(2);
    expect(run.ranges()).toEqual([
      [0, 6],
      [6, 8],
    ]);
    expect(notices(run, 'redeal')).toMatchObject([
      {
        generation: 2,
        name: 'w1',
        shards: 4,
        reason: expect.stringMatching(/^w1 takes .* ms for its 4 sh/),
      },
    ]);
    report(run, ids, [15, 15], 30);
    expect(run.state.generation).toBe(2);
  });

  it('does not for a small difference, nor for a short one', () => {
    // 36 and 28 shards would take 11.25 ms, a ninth less than 32 each.
    const small = pair(64);
    report(small.run, small.ids, [10, 12.5], 30);
    expect(small.run.state.generation).toBe(1);
    const short = pair();
    report(short.run, short.ids, [10, 10], 12);
    report(short.run, short.ids, [10, 30], 1);
    report(short.run, short.ids, [10, 10], 5);
    expect(short.run.state.generation).toBe(1);
  });
});

describe('trained time', () => {
  it('is what passed until the stop point was come to, without evaluation and saving', () => {
    const run = new Scenario({ haltAt: 9 });
    const id = run.join('w0');
    run.workers.get(id)!.isFrozen = true;
    run.now += 500;
    run.progress(id, 10);
    run.now += 3000;
    run.workers.get(id)!.isFrozen = false;
    run.reached(id, { chunkSums: new Uint8Array(16 * 5) });
    expect(notices(run, 'epoch-end')[0]).toMatchObject({ trainingMs: 500 });
  });

  it('is none before enough workers are there, while all are lost, and while a generation forms', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 0 });
    run.now += 60_000;
    const first = run.join('w0');
    run.now += 60_000;
    const second = run.join('w1');
    run.now += 200;
    run.progress(first, 2);
    expect(run.state.trainingMs).toBe(200);
    run.now += 100;
    run.lose(first).lose(second);
    run.now += 60_000;
    const third = run.join('w2');
    run.now += 300;
    run.progress(third, 1);
    expect(run.state.trainingMs).toBe(600);
  });

  it('counts steps that are computed again, and not the silence before a loss is noticed', () => {
    const run = new Scenario({ haltAt: 0 });
    const [first, second] = ['w0', 'w1'].map((name) => run.join(name)) as [number, number];
    run.now += 400;
    run.progress(first, 3);
    run.now += 5000;
    run.lose(second, 'silent');
    expect(run.state.trainingMs).toBe(400);
    run.now += 250;
    run.progress(first, 4);
    expect(run.state.trainingMs).toBe(650);
  });

  it('begins when workers get their orders, after whoever is told of an epoch has taken that', () => {
    const run = new Scenario({ haltAt: 10 });
    const id = run.join('w0');
    expect(run.state.phase).toMatchObject({ name: 'running', until: 20 });
    run.now += 7000;
    run.tell({ type: 'taken' });
    run.now += 100;
    run.progress(id, 11);
    expect(run.state.trainingMs).toBe(100);
  });
});

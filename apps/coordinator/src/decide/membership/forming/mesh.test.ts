import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { deals, outcome } from '../told.fixture.js';

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

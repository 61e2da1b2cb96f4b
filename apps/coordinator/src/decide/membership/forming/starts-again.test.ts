import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { deals, notices, outcome, passed } from '../told.fixture.js';

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

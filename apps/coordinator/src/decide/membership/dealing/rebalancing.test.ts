import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { notices } from '../told.fixture.js';

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

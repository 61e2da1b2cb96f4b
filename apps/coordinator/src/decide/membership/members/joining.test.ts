import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../scenario.fixture.js';
import { deals, passed } from '../told.fixture.js';

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

import { describe, expect, it } from 'vitest';
import { Scenario } from '../scenario.fixture.js';
import { notices } from '../told.fixture.js';

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

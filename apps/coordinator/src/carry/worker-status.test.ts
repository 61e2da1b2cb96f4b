import { describe, expect, it } from 'vitest';
import { Scenario, stateOf } from '../decide/membership/scenario.fixture.js';
import { workerStatuses } from './worker-status.js';

/** Each worker's name and what it does. */
function doings({ state }: Scenario): string[] {
  return workerStatuses(state).map(({ name, doing }) => `${name} ${doing}`);
}

describe('what a worker does', () => {
  it('is waiting, until so many are there as the run waits for', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    run.join('w0');
    expect(doings(run)).toEqual(['w0 waiting']);
    run.join('w1');
    expect(doings(run)).toEqual(['w0 training', 'w1 training']);
  });

  it('is stopping or waiting while a generation forms, and one that was lost is not there', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
    run.join('w0');
    run.workers.get(run.join('w1'))!.isFrozen = true;
    const third = run.join('w2');
    expect(doings(run)).toEqual(['w0 waiting', 'w1 stopping', 'w2 waiting']);
    run.lose(third);
    expect(doings(run)).toEqual(['w0 waiting', 'w1 stopping']);
  });

  it('is leaving while what only it holds is saved', () => {
    const run = new Scenario({ haltAt: 4, isDiskSlow: true });
    const id = run.join('w0');
    run.progress(id, 5);
    run.say(id, { type: 'leave', reason: 'told to' });
    expect(doings(run)).toEqual(['w0 leaving']);
    run.tell({ type: 'saved', held: stateOf(5), path: 'step-5' });
    expect(doings(run)).toEqual([]);
  });
});

it('a worker has its shards, and what its steps took once it has said that', () => {
  const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 4 });
  const first = run.join('w0');
  run.join('w1');
  run.progress(first, 5, 12);
  const [one, other] = workerStatuses(run.state);
  expect(one).toMatchObject({ shards: { first: 0, end: 4 }, computeMs: 12 });
  expect(other).toMatchObject({ shards: { first: 4, end: 8 }, computeMs: undefined });
});

import { expect, test } from 'vitest';
import { Scenario } from '../decide/membership/scenario.fixture.js';
import { BesidesTraining, standingOf } from './standing.js';

test('evaluating and saving count as work, waiting for workers and forming do not', () => {
  const clock = new BesidesTraining();
  const run = new Scenario({ haltAt: 9, isDiskSlow: true });
  const pass = (ms: number): void => {
    run.now += ms;
    clock.see(run.state, run.now);
  };
  pass(1000);
  const id = run.join('w0');
  pass(200);
  run.progress(id, 10);
  pass(0);
  // It evaluates for 300 ms, and the disk takes 50.
  run.now += 300;
  run.runTo(10);
  pass(0);
  run.now += 50;
  run.tell({ type: 'saved', held: run.state.writing!, path: 'there' });
  pass(0);
  pass(5000);
  expect(standingOf(run.state, clock.at(run.now), undefined)).toMatchObject({
    ...{ trainingMs: 200, workingMs: 550, step: 10 },
  });
});

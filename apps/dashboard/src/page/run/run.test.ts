// What the tab Run says of runs: where they stand, their charts, their settings.
import { expect, test } from 'vitest';
import { newRun, type RunState, withEvent, withHistory, withSample } from '../store/run-state.js';
import { type InventedRun, invent } from '../testing/invented.js';
import { sentence } from './announcer.js';
import { chartsOf } from './charts.js';
import { configRows, valueText } from './config-rows.js';
import { summarize } from './summary.js';

function stateOf({ info, events, samples }: InventedRun): RunState {
  return withHistory(newRun(info), events, samples);
}

const TIME = '2026-06-01T09:30:00.000Z';
const LIVE = invent({ id: 'live', isLive: true });
const ENDED = invent({ id: 'ended' });

test('a run that goes on stands where its newest sample does', () => {
  const { standing, step, steps, epochs, secondsLeft, weightsHash, hashStep } = summarize(
    stateOf(LIVE),
  );
  expect({ standing, step, steps, epochs }).toEqual({
    standing: 'training',
    step: 3000,
    steps: 4690,
    epochs: 5,
  });
  expect(secondsLeft).toBeGreaterThan(0);
  expect([weightsHash?.length, hashStep]).toEqual([64, 2820]);
});

test('a run that ended long ago, of which there are events alone, is told as well', () => {
  const summary = summarize(stateOf({ ...ENDED, samples: [] }));
  expect(summary).toMatchObject({
    standing: 'ended',
    reason: 'all epochs done',
    step: 3000,
    steps: 3000,
    epoch: 3,
    secondsLeft: null,
    testAccuracy: 0.9746,
  });
});

test('a run that was stopped and goes on is no longer ended', () => {
  const ended = stateOf({ ...ENDED, info: { ...ENDED.info, isLive: true } });
  const start = ENDED.events[0] as Extract<(typeof ENDED.events)[number], { event: 'run-start' }>;
  const again = withEvent(ended, { ...start, step: 3000 });
  expect(summarize(ended).standing).toBe('ended');
  expect(summarize(again)).toMatchObject({ standing: 'training', step: 3000 });
});

test('a run that has no workers waits, from its first sample on and each time later', () => {
  const sample = { ...LIVE.samples[0]!, step: 0, loss: null };
  const waitsFor = 'waiting for workers: 0 of 2';
  const waiting = withSample(newRun(LIVE.info), { ...sample, waitsFor });
  expect(summarize(waiting)).toMatchObject({ standing: 'waiting', reason: 'for workers: 0 of 2' });
  expect(sentence(summarize(waiting))).toMatch(/^waiting for workers: 0 of 2: step 0/);
  const training = withSample(waiting, { ...sample, waitsFor: null });
  expect(summarize(training)).toMatchObject({ standing: 'training', reason: null });
  const again = withSample(training, { ...sample, waitsFor: 'reading the checkpoint of step 9' });
  expect(summarize(again).reason).toBe('reading the checkpoint of step 9');
});

test('a run that nobody answers for may be training or not; one that has come to its end has', () => {
  expect(summarize(stateOf(LIVE), false)).toMatchObject({
    ...{ standing: 'unknown', reason: 'nobody answers', step: 3000, secondsLeft: null },
  });
  expect(summarize(stateOf(ENDED), false).standing).toBe('ended');
  // One that was killed may have been gone on with meanwhile.
  const killed = stateOf({ ...LIVE, info: { ...LIVE.info, isLive: false } });
  expect(summarize(killed).standing).toBe('open');
  expect(summarize(killed, false).standing).toBe('unknown');
});

test('a run that was stopped says where, what is not saved, and by what', () => {
  const at = (saved: number) => {
    const stopped = { event: 'interrupted', time: TIME, step: 3000, saved } as const;
    const run = stateOf({ ...LIVE, info: { ...LIVE.info, isLive: false } });
    return summarize(withEvent(run, { ...stopped, reason: 'stopped by SIGINT' }));
  };
  expect(at(3000)).toMatchObject({
    ...{ standing: 'stopped', step: 3000 },
    reason: 'at step 3000, which is saved: stopped by SIGINT',
  });
  expect(at(2990).reason).toBe('at step 3000, of which step 2990 is saved: stopped by SIGINT');
});

test.each([
  ['waiting', true, []],
  ['open', false, []],
  ['failed', false, [{ event: 'error', time: TIME, code: 'disk', message: 'full' }]],
] as const)('a run without a step is %s', (standing, isLive, events) => {
  const run = { ...newRun({ ...LIVE.info, isLive }), events };
  expect(summarize(run)).toMatchObject({ standing, step: 0, loss: null });
});

test('those who are read to hear one sentence', () => {
  expect(sentence(summarize(stateOf({ ...ENDED, samples: [] })))).toBe(
    'ended: step 3000 of 3000, loss 0.22, test accuracy 97.5\u2009%.',
  );
});

test('a run has a chart for all that was measured: accuracy before other metrics, the loss once', () => {
  const charts = chartsOf([{ run: stateOf(LIVE), place: 0 }]);
  expect(charts.map(({ title, unit }) => [title, unit])).toEqual([
    ['Loss, each step', 'nats'],
    ['Loss, each epoch', 'nats'],
    ['Accuracy', undefined],
    ['Learning rate', undefined],
    ['Norm of the gradient', 'L2'],
    ['Norm of the weights', 'L2'],
    ['Speed', 'samples/s'],
  ]);
  expect(charts[1]!.lines.map(({ label }) => label)).toEqual(['training', 'test']);
});

test('what nobody measured has no chart', () => {
  const sample = { ...LIVE.samples[0]!, gradientNorm: null, weightNorm: null };
  const charts = chartsOf([{ run: withSample(newRun(LIVE.info), sample), place: 0 }]);
  expect(charts.map(({ title }) => title)).toEqual(['Loss, each step', 'Learning rate', 'Speed']);
});

test('several runs have a line each, with the colour of their place, under their names', () => {
  const [loss, epochs] = chartsOf([
    { run: stateOf(LIVE), place: 0 },
    { run: stateOf(ENDED), place: 3 },
  ]);
  expect(loss!.lines.map(({ label, style }) => [label, style.colour])).toEqual([
    ['live', '--run-0'],
    ['ended', '--run-3'],
  ]);
  expect(epochs!.lines.map(({ label }) => label)).toEqual([
    'live, training',
    'live, test',
    'ended, training',
    'ended, test',
  ]);
});

test('settings that differ stand first, and one that a run lacks is a difference', () => {
  const rows = configRows([
    { seed: 0, epochs: 5, model: 'mlp' },
    { seed: 0, epochs: 6, patience: null },
  ]);
  expect(rows).toEqual([
    { name: 'epochs', values: [5, 6], differs: true },
    { name: 'model', values: ['mlp', undefined], differs: true },
    { name: 'patience', values: [undefined, null], differs: true },
    { name: 'seed', values: [0, 0], differs: false },
  ]);
  expect(rows[2]!.values.map(valueText)).toEqual(['–', 'none']);
});

test('when a run was created is no difference', () => {
  expect(configRows([{ created: 'a' }, { created: 'b' }])[0]!.differs).toBe(false);
});

test('a setting that is called as what every object has is not found where it is not', () => {
  expect(configRows([{ constructor: 1 }, {}] as never)[0]!.values).toEqual([1, undefined]);
});

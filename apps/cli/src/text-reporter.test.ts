import type { EpochEndEvent, RunEndEvent, RunStartEvent } from '@lockstep/trainer';
import { describe, expect, test } from 'vitest';
import { commandLine } from './command-line.js';
import { JsonReporter } from './json-reporter.js';
import { recordedScreen } from './recorder.fixture.js';
import type { CommandEvent } from './reporter.js';
import { TextReporter } from './text-reporter.js';

const time = '2026-11-23T09:41:00.000Z';
const start: RunStartEvent = {
  event: 'run-start',
  time,
  run: 'first',
  dataset: { name: 'mnist', train: 60_000, test: 10_000, sha256: 'd'.repeat(64) },
  parameters: 109_386,
  seed: 7,
  batchSize: 64,
  shards: 4,
  workers: 2,
  epochs: 10,
  step: 0,
  arithmetic: 'numbers-1',
  kernels: 'wasm',
  engine: 'e'.repeat(64),
};
const epoch: EpochEndEvent = {
  event: 'epoch-end',
  time,
  epoch: 2,
  step: 1876,
  samples: 60_000,
  trainLoss: 0.123456,
  testLoss: 0.1,
  testAccuracy: 0.97,
  metrics: { loss: 0.1, accuracy: 0.97 },
  seconds: 1.25,
  samplesPerSecond: 51_234,
  weightsHash: 'a'.repeat(64),
};
const end: RunEndEvent = {
  event: 'run-end',
  time,
  step: 9380,
  samples: 600_000,
  weightsHash: 'a'.repeat(64),
  testLoss: 0.0834,
  testAccuracy: 0.9753,
  metrics: { loss: 0.0834, accuracy: 0.9753 },
  stopped: 'epochs',
  bestEpoch: 9,
  seconds: 12.34,
  samplesPerSecond: 52_000,
  out: '/home/me/runs/first',
};

function told(...events: CommandEvent[]) {
  return toldOn(recordedScreen(), ...events);
}

function reporterOn(screen: ReturnType<typeof recordedScreen>['screen']): TextReporter {
  const options = { commandLine: commandLine({ script: 'lockstep', cwd: '/home/me', env: {} }) };
  return new TextReporter(screen, { ...options, cwd: '/home/me' });
}

function toldOn(recorded: ReturnType<typeof recordedScreen>, ...events: CommandEvent[]) {
  const { screen, stdout, stderr } = recorded;
  const reporter = reporterOn(screen);
  for (const event of events) reporter.report(event);
  return { out: stdout.text, err: stderr.text };
}

describe('for people', () => {
  test('threads that rest are a line, with what a step takes', () => {
    const change = { of: 2, stepMs: 0.31, beforeMs: 0.42 };
    const { err } = told(
      { event: 'threads', time, step: 900, computing: 1, before: 2, ...change },
      { event: 'threads', time, step: 1900, computing: 2, before: 1, ...change },
    );
    expect(err).toBe(
      '1 of 2 threads computes: a step takes 0.31 ms, with 2 it took 0.42 ms\n' +
        '2 of 2 threads compute: a step takes 0.31 ms, with 1 it took 0.42 ms\n',
    );
  });

  test('what a cluster deals otherwise than one may expect is a line each', () => {
    const place = { time, generation: 3, step: 40 };
    const { out, err } = told(
      { ...place, event: 'fallback', topology: 'star', reason: 'w1 cannot reach w0' },
      {
        ...{ ...place, event: 'redeal', name: 'w0', shards: 4, stepMs: 9, bestMs: 5 },
        reason: 'w0 takes 9.0 ms',
      },
      {
        ...{ ...place, event: 'without-shards', names: ['w2'], shards: 2, needed: 8 },
        reason: 'w2 has no shard',
      },
    );
    expect(out).toBe('');
    expect(err.split('\n')).toEqual([
      'warning: a star instead of a mesh: w1 cannot reach w0',
      'dealing the shards anew: w0 takes 9.0 ms',
      'note: w2 has no shard',
      '',
    ]);
  });

  test('a run tells what it is and an epoch a line, all on stderr', () => {
    expect(told(start, epoch)).toEqual({
      out: '',
      err: [
        'first: mnist, 60,000 samples + 10,000 for testing, 109,386 parameters, batches of 64 in 4 shards, 2 threads, wasm kernels, seed 7',
        'epoch  2/10  train loss 0.1235  test loss 0.1000  test accuracy 97.00%  1.25 s  51,234 samples/s',
        '',
      ].join('\n'),
    });
  });

  test('a resumed run says where it goes on', () => {
    expect(told({ ...start, step: 1876 }).err).toMatch(/^going on with first at step 1,876: mnist/);
  });

  test('the end is accuracy, hash, folder and the command to evaluate it, on stdout', () => {
    expect(told(end)).toEqual({
      out: [
        'accuracy  97.53% (test loss 0.0834)',
        'best      epoch 9',
        'trained   9,380 steps in 12.3 s, 52,000 samples/s',
        `weights   sha256 ${'a'.repeat(64)}`,
        'folder    runs/first',
        'evaluate  lockstep evaluate runs/first',
        '',
      ].join('\n'),
      err: '',
    });
  });

  test('on a terminal the end begins with how the numbers went, on stderr', () => {
    const epochs = [0.3, 0.1].map(
      (trainLoss, i): EpochEndEvent => ({ ...epoch, epoch: i + 1, trainLoss }),
    );
    const env = { NO_COLOR: '1' };
    const { out, err } = toldOn(recordedScreen(true, env), ...epochs, end);
    const curves = ['train loss     █▁  0.3000 → 0.1000', 'test loss      ▄▄  0.1000 → 0.1000'];
    expect(err).toContain(`\n${curves.join('\n')}\n`);
    expect(out).toMatch(/^accuracy {2}97\.53%/);
    for (const dull of [{ TERM: 'dumb' }, { CI: '1' }, { LANG: 'C' }]) {
      expect(toldOn(recordedScreen(true, { ...env, ...dull }), ...epochs, end).err).not.toMatch(
        /train loss {5}/,
      );
    }
    expect(told(...epochs, end).err).not.toContain('→');
  });

  test('the curves of a resumed run begin with the run, and an epoch that was trained twice is in them once', () => {
    const { screen, stderr } = recordedScreen(true, { NO_COLOR: '1' });
    const reporter = reporterOn(screen);
    const trained = (number: number, trainLoss: number): EpochEndEvent => ({
      ...{ ...epoch, epoch: number, trainLoss },
    });
    reporter.recall([start, trained(1, 0.9), trained(2, 0.5), trained(3, 7)]);
    for (const event of [{ ...start, step: 1876 }, trained(3, 0.3), trained(4, 0.1), end]) {
      reporter.report(event);
    }
    expect(stderr.text).toContain('train loss     █▅▃▁  0.9000 → 0.1000');
  });

  test('the time of a resumed run is that of the steps since', () => {
    expect(told({ ...start, step: 9000 }, end).out).toContain(
      'trained   9,380 steps, the last 380 of them in 12.3 s, 52,000 samples/s\n',
    );
  });

  test('of a run that was over before, nothing is trained', () => {
    expect(told({ ...end, seconds: 0, samplesPerSecond: 0 }).out).toContain(
      'trained   9,380 steps, all of them before\n',
    );
    expect(told({ ...start, step: 9380 }, { ...end, seconds: 0.2 }).out).toContain(
      'trained   9,380 steps, all of them before\n',
    );
    expect(told({ ...end, step: 0, seconds: 0, samplesPerSecond: 0 }).out).toContain(
      'trained   0 steps in 0.00 s\n',
    );
  });

  test('the end of a run that ended early says why', () => {
    expect(told({ ...end, stopped: 'patience' }).out).toContain(
      'best      epoch 9\nended     early: no epoch was better for as long as --patience waits\n',
    );
  });

  test('what is not known is left out', () => {
    const nothing = { ...end, testLoss: null, testAccuracy: null, bestEpoch: null, out: null };
    expect(told({ ...nothing, step: 0, samplesPerSecond: 0, seconds: 0.1 }).out).toBe(
      `trained   0 steps in 0.10 s\nweights   sha256 ${'a'.repeat(64)}\n`,
    );
    expect(told({ ...end, testAccuracy: null }).out).toMatch(/^test loss 0.0834\n/);
    const { err } = told(start, { ...epoch, testLoss: null, testAccuracy: null });
    expect(err).not.toContain('test loss');
  });

  test('a lost worker is a warning, and the recovery is told', () => {
    const { err } = told(
      {
        ...{ event: 'worker-lost', time, name: 'thread 1', code: 'thread-lost', reason: 'exit 1' },
        ...{ generation: 2, step: 9 },
      },
      { event: 'recovered', time, step: 10, ms: 31 },
    );
    expect(err).toBe(
      'warning: worker thread 1 is lost at step 9: exit 1\nrecovered at step 10 after 0.03 s\n',
    );
  });

  test('a worker that leaves is no warning, and nothing has to recover', () => {
    const left = { event: 'worker-lost', time, name: 'w1', generation: 2, step: 9 } as const;
    const { err } = told(
      { ...left, code: 'left', left: true, reason: 'left: stopped by its user' },
      { event: 'recovered', time, step: 10, ms: 31 },
    );
    expect(err).toBe(
      'worker w1 has left at step 9: stopped by its user\ngoing on at step 10 after 0.03 s\n',
    );
  });

  test('an evaluation is a result', () => {
    const evaluation = {
      event: 'evaluation',
      time,
      loss: 0.5,
      metrics: {},
      samples: 10_000,
    } as const;
    expect(told({ ...evaluation, accuracy: 0.9 }).out).toBe(
      'accuracy  90.00%\nloss      0.5000\nsamples   10,000\n',
    );
    const metrics = { loss: 0.5, accuracy: 0.9, f1: 0.875, 'f1-per-class': [0.75, 1] };
    expect(told({ ...evaluation, accuracy: 0.9, metrics }).out).toContain('f1        0.8750\n');
    expect(told({ ...evaluation, accuracy: 0.9, metrics }).out).toContain(
      'f1-per-class  0.7500  1.0000\n',
    );
    const matrix = {
      'confusion-matrix': [
        [12, 0],
        [3, 4],
      ],
    };
    expect(told({ ...evaluation, accuracy: 0.9, metrics: matrix }).out).toContain(
      'confusion-matrix  12   0\n                   3   4\n',
    );
    expect(told({ ...evaluation, accuracy: null }).out).not.toContain('accuracy');
  });
});

describe('for programs', () => {
  test('each event is a line on stdout; an error is on stderr as well', () => {
    const { screen, stdout, stderr } = recordedScreen();
    const reporter = new JsonReporter(screen);
    const events = [start, epoch, end, { event: 'error', time, code: 'data', message: 'bad' }];
    for (const event of events as CommandEvent[]) reporter.report(event);
    expect(
      stdout.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
    expect(stderr.text).toBe('error: bad\n');
  });
});

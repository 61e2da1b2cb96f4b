// `--config`: flags from a file. What a run's own run.json says repeats the run; what no flag says is refused by name.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { events, lastEvent, workplace } from './lockstep.js';

const { path, says } = workplace();

async function hashOf(...args: readonly string[]): Promise<unknown> {
  const { status, stdout, stderr } = await says(['train', '--json', ...args]);
  expect(status, stderr).toBe(0);
  return lastEvent(stdout).weightsHash;
}

function write(name: string, json: unknown): string {
  writeFileSync(path(name), JSON.stringify(json));
  return name;
}

const ALL = {
  ...{ dataDir: 'tiny', limitTrain: 60, epochs: 3, batchSize: 8, shards: 2, seed: 5 },
  ...{ hidden: [6, 4], activation: 'tanh', optimizer: 'sgd', learningRate: 0.05, momentum: 0.9 },
  ...{ nesterov: true, clipNorm: 1, schedule: 'cosine', warmupEpochs: 0.5, shuffle: false },
  ...{ labelSmoothing: 0.1, classWeights: { 1: 2 }, metrics: ['f1'], freeze: '*.4.bias' },
  group: ['layers.0.*:learning-rate-factor=0.5', 'layers.2.weight:weight-decay=0.1'],
};
const FLAGS = [
  ...['--data-dir', 'tiny', '--limit-train', '60', '--epochs', '3', '--batch-size', '8'],
  ...['--shards', '2', '--seed', '5', '--hidden', '6,4', '--activation', 'tanh'],
  ...['--optimizer', 'sgd', '--learning-rate', '0.05', '--momentum', '0.9', '--nesterov'],
  ...['--clip-norm', '1', '--schedule', 'cosine', '--warmup-epochs', '0.5', '--no-shuffle'],
  ...['--label-smoothing', '0.1', '--class-weights', '1=2', '--metrics', 'f1'],
  ...['--freeze', '*.4.bias', '--group', 'layers.0.*:learning-rate-factor=0.5'],
  ...['--group', 'layers.2.weight:weight-decay=0.1'],
];

describe('a file of flags', () => {
  test('says what flags say, and flags beside it win; run.json of either repeats the run', async () => {
    writeTinyDataset(path('tiny'), { train: 64, test: 32 });
    const hash = await hashOf(...FLAGS, '--out', 'flags');
    expect(await hashOf('--config', write('all.json', ALL), '--out', 'file')).toBe(hash);
    const other = write('other.json', { ...ALL, epochs: 1, seed: 1 });
    expect(await hashOf('--config', other, '--epochs', '3', '--seed', '5', '--out', 'beside')).toBe(
      hash,
    );
    expect(await hashOf('--config', 'flags/run.json', '--out', 'again')).toBe(hash);
    expect(await hashOf('--config', 'again/run.json', '--out', 'and-again')).toBe(hash);
    const { config } = JSON.parse(readFileSync(path('again', 'run.json'), 'utf8'));
    // 60 samples in batches of 8: 8 steps an epoch, of which the rise takes 4.
    expect(config.optimizer.schedule).toMatchObject({ kind: 'warmup', steps: 4 });
    expect(config.optimizer.schedule.next).toMatchObject({ kind: 'cosine', steps: 20 });
    expect(await hashOf('--config', 'flags/run.json', '--seed', '6', '--out', 'new')).not.toBe(
      hash,
    );
  });

  test('says whether events are JSON, and that a page and event files are not wanted', async () => {
    const flags = { dataDir: 'tiny', epochs: 1, tensorboard: false, dashboard: false };
    const file = write('quiet.json', { ...flags, json: true, out: 'quiet' });
    const { status, stdout, stderr } = await says(['train', '--config', file]);
    expect(status, stderr).toBe(0);
    expect(stderr).not.toMatch(/TensorBoard|browser/);
    expect(events(stdout).at(-1)!.event).toBe('run-end');
    const failing = write('failing.json', { dataDir: 'none', json: true });
    const failed = await says(['train', '--config', failing]);
    expect(failed.status).toBe(2);
    expect(lastEvent(failed.stdout)).toMatchObject({ event: 'error', code: expect.any(String) });
  });

  test('a run.json that an older version wrote repeats its run as well', async () => {
    const hash = await hashOf('--data-dir', 'tiny', '--epochs', '1', '--out', 'old');
    const record = JSON.parse(readFileSync(path('old', 'run.json'), 'utf8'));
    const { flags: _, ...origin } = record.origin;
    const older = write('older.json', { ...record, origin });
    expect(await hashOf('--config', older, '--out', 'newer')).toBe(hash);
  });

  test.each<[string, unknown, RegExp]>([
    ['a key in kebab case', { 'batch-size': 3 }, /no flag "batch-size" \(did you mean "batchSize"/],
    ['a misspelt key', { epoch: 3 }, /no flag "epoch" \(did you mean "epochs"\?\)/],
    ['a key of PyTorch', { lr: 3 }, /no flag "lr" \(did you mean "learningRate"\?\)/],
    ['another type', { epochs: 'many' }, /epochs: "many": Expected a whole number from 0/],
    ['a number that is not whole', { epochs: 1.5 }, /epochs: 1.5: Expected a whole number/],
    ['a text for yes or no', { shuffle: 'no' }, /shuffle: Expected true or false/],
    ['another choice', { optimizer: 'lion' }, /optimizer: "lion": Allowed choices are sgd, adam/],
    ['nothing', { seed: null }, /seed: Expected a text, a number, or a list/],
    ['another file', { config: 'a' }, /"config" is for the command line alone: a file of flags/],
    ['a run that goes on', { resume: 'a' }, /"resume" is for .*: a run that goes on is what its/],
    ['a text for JSON or not', { json: 'yes' }, /json: Expected true or false/],
    ['no object', [1], /expected an object of flags/],
    ['what flags refuse together', { momentum: 0.9 }, /--momentum goes with --optimizer sgd/],
    [
      'a run that says too little',
      { format: 'lockstep-run/1', config: {} },
      /is not a lockstep-run/,
    ],
  ])('with %s is refused', async (_, json, message) => {
    const config = write('wrong.json', json);
    for (const command of ['train', 'coordinator']) {
      const { status, stdout, stderr } = await says([command, '--config', config, '--offline']);
      expect(status, stderr).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(message);
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
    }
  });

  test.each<[string, object, string[], RegExp]>([
    ['a key that there is not', { epoch: 3 }, [], /no flag "epoch"/],
    ['a wrong value', { epochs: 'many' }, [], /epochs: "many"/],
    ['a wrong flag beside it', {}, ['--epochs', 'many'], /'--epochs <n>'/],
    ['a flag beside it that there is not', {}, ['--epoch', '3'], /unknown option '--epoch'/],
    ['a run that goes on', {}, ['--resume', 'flags'], /--config and --resume/],
  ])(
    'that asks for JSON and has %s is answered in JSON, as one asked by a flag',
    async (_, more, flags, message) => {
      const asked = write('asked.json', { json: true, ...more });
      const plain = write('plain.json', more);
      for (const config of [
        ['--config', asked],
        [`--config=${asked}`],
        ['--json', '--config', plain],
      ]) {
        const { status, stdout, stderr } = await says(['train', ...config, '--offline', ...flags]);
        expect(status).toBe(2);
        const [event, ...others] = events(stdout);
        expect(event).toMatchObject({ event: 'error', code: 'usage' });
        expect(event!.message).toMatch(message);
        expect(others).toEqual([]);
        expect(stderr.match(/^error: /gm)).toHaveLength(1);
      }
    },
  );

  test('weighs classes whose names have commas and equals signs in them, and so do flags', async () => {
    const rows = ['0,"red, a=1"', '1,blue', '2,"red, a=1"', '3,blue', '4,blue', '5,"red, a=1"'];
    writeFileSync(path('marks.csv'), ['x,y', ...rows].join('\n'));
    const all = { csv: 'marks.csv', target: 'y', test: 2, epochs: 1, hidden: [2] };
    const flags = { ...all, loss: 'cross-entropy' };
    const weights = { 'red, a=1': 3, blue: 2 };
    const file = write('marks.json', { ...flags, classWeights: weights });
    const hash = await hashOf('--config', file, '--out', 'marks');
    expect(await hashOf('--config', 'marks/run.json')).toBe(hash);
    const typed = ['--class-weights', 'red, a=1=3,blue=2'];
    expect(await hashOf('--config', write('bare.json', flags), ...typed)).toBe(hash);
    for (const wrong of ['blue=2,', 'blue', 'blue=1,blue=2', '=3', 'blue=x']) {
      const { status } = await says(['train', '--config', 'bare.json', '--class-weights', wrong]);
      expect(status, wrong).toBe(2);
    }
  });

  test('of a run whose record is damaged, or that a program began, is refused', async () => {
    const record = JSON.parse(readFileSync(path('flags', 'run.json'), 'utf8'));
    const { optimizer: _, ...config } = record.config;
    for (const [changed, message] of [
      [{ config }, /--config damaged\.json: optimizer/],
      [{ config: { ...record.config, graph: { metrics: 5 } } }, /--config damaged\.json: graph/],
      [{ origin: null }, /was begun by a program, which alone knows/],
    ] as const) {
      const damaged = write('damaged.json', { ...record, ...changed });
      const { status, stderr } = await says(['train', '--config', damaged]);
      expect(status, stderr).toBe(2);
      expect(stderr).toMatch(message);
    }
  });

  test('that is not there, or no JSON, is refused, and so is one for a run that goes on', async () => {
    expect((await says(['train', '--config', 'none.json'])).stderr).toContain('cannot be read');
    expect((await says(['train', '--config', 'flags'])).stderr).toContain('give its run.json');
    writeFileSync(path('text.json'), 'epochs: 3');
    expect((await says(['train', '--config', 'text.json'])).stderr).toContain('not JSON');
    const both = ['train', '--config', write('a.json', {}), '--resume', 'flags'];
    expect((await says(both)).stderr).toContain('leave --config out');
  });
});

describe('flags of training', () => {
  test('--init-only takes some of other weights, and says what', async () => {
    const init = ['--init', 'flags', '--init-only', 'layers.0.*', '--hidden', '6'];
    const run = await says(['train', '--data-dir', 'tiny', '--epochs', '0', ...init, '--json']);
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toContain(
      'took layers.0.weight, layers.0.bias; left layers.2.weight, layers.2.bias, layers.4.weight, layers.4.bias; drawn from the seed: layers.2.weight, layers.2.bias',
    );
    expect(events(run.stdout)[0]!.event).toBe('run-start');
  });

  test.each<[string, string[], RegExp]>([
    [
      'a number of another optimizer',
      ['--beta1', '0.5', '--optimizer', 'sgd'],
      /--beta1 goes with --optimizer adam or adamw/,
    ],
    [
      'a length without a schedule',
      ['--schedule-epochs', '2'],
      /--schedule-epochs goes with --schedule step or/,
    ],
    [
      'two lengths',
      ['--schedule', 'cosine', '--schedule-epochs', '2', '--schedule-steps', '3'],
      /say the same; give one/,
    ],
    ['a rise that is none', ['--warmup-start', '0.5'], /--warmup-start goes with --warmup-epochs/],
    [
      'a schedule that there is not',
      ['--schedule', 'linear'],
      /Allowed choices are constant, step/,
    ],
    [
      'a frozen parameter that is none',
      ['--freeze', 'layer.0.*'],
      /--freeze layer\.0\.\*: it meets no parameter; there are layers\.0\.weight/,
    ],
    ['a group without settings', ['--group', '*.bias'], /Expected NAMES:setting=x/],
    [
      'a group twice',
      ['--group', '*.bias:weight-decay=1', '--group', 'layers.0.*:weight-decay=2'],
      /"layers\.0\.bias" is in groups\[0\] already/,
    ],
    [
      'weights of classes for another loss',
      ['--class-weights', '1,2', '--loss', 'mse'],
      /--class-weights goes with --loss cross-entropy/,
    ],
    ['too few weights', ['--class-weights', '1,2,3'], /there are 3 classWeights, and 2 classes/],
    ['smoothing above 1', ['--label-smoothing', '2'], /Expected a number from 0 to 1/],
  ])('refuse %s', async (_, args, message) => {
    const { status, stderr } = await says(['train', '--data-dir', 'tiny', ...args]);
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(message);
  });
});

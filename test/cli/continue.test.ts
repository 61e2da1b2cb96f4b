// `--continue`: one command that begins a run, goes on with it and says that it is over; and the settings that it compares.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { smallRun } from './little-mnist.js';
import { events, lastEvent, workplace } from './lockstep.js';

const SMALL = smallRun();

const { lockstep, path, says, start } = workplace();

/** Enough of them that a signal after the first epoch finds it at work. */
const LONG = [...SMALL, '--epochs', '12', '--json'];

test('begins, goes on after SIGTERM, and is over: with the bytes of a run that nobody disturbed', async () => {
  const command = ['train', ...LONG, '--out', 'run', '--continue'];
  const first = start(command);
  await first.holds('"epoch-end"');
  first.child.kill('SIGTERM');
  const { status, stdout } = await first.finished;
  expect(status).toBe(130);
  const saved = lastEvent(stdout);
  expect(saved.event).toBe('checkpoint');
  const second = await lockstep(...command);
  expect(second.status, second.stderr).toBe(0);
  expect(events(second.stdout)[0]).toMatchObject({ event: 'run-start', step: saved.step });
  const third = await lockstep(...command);
  expect(third.status, third.stderr).toBe(0);
  expect(third.stderr).toContain('the run had ended with its last epoch');
  const undisturbed = await lockstep('train', ...LONG, '--out', 'undisturbed');
  const { weightsHash } = lastEvent(undisturbed.stdout);
  for (const { stdout } of [second, third]) {
    expect(lastEvent(stdout)).toMatchObject({ event: 'run-end', weightsHash });
  }
});

test('a run that was killed before it could be seen begins again', async () => {
  const command = ['train', ...SMALL, '--json', '--out', 'unseen', '--continue'];
  expect((await says(command)).status).toBe(0);
  renameSync(path('unseen', 'checkpoints'), path('checkpoints'));
  mkdirSync(path('begun', 'checkpoints'), { recursive: true });
  const again = command.map((word) => (word === 'unseen' ? 'begun' : word));
  const { status, stderr } = await says(again);
  expect(status, stderr).toBe(0);
  // One that got further is no beginning.
  mkdirSync(path('further'));
  renameSync(path('checkpoints'), path('further', 'checkpoints'));
  const refused = await says(command.map((word) => (word === 'unseen' ? 'further' : word)));
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/no run that could go on .* weights \(checkpoints.step-\d+\.saf/);
});

describe('a folder that is not a run’s', () => {
  test('is left as it is, whichever flag names it', async () => {
    mkdirSync(path('other'));
    writeFileSync(path('other', 'metrics.jsonl'), '{"loss":1}\n');
    for (const more of [[], ['--continue']]) {
      const { status, stderr } = await says(['train', ...SMALL, '--out', 'other', ...more]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/--out other: it holds no run, and other files \(metrics\.jsonl\)/);
    }
    expect(readdirSync(path('other'))).toEqual(['metrics.jsonl']);
    expect(readFileSync(path('other', 'metrics.jsonl'), 'utf8')).toBe('{"loss":1}\n');
  });

  test('but has weights is told what to do with them, and that works', async () => {
    expect((await says(['train', ...SMALL, '--out', 'whole'])).status).toBe(0);
    mkdirSync(path('weights-alone'));
    copyFileSync(
      path('whole', 'weights.safetensors'),
      path('weights-alone', 'weights.safetensors'),
    );
    for (const flags of [['--out'], ['--continue', '--out'], ['--resume']]) {
      const { status, stderr } = await says(['train', ...SMALL, ...flags, 'weights-alone']);
      expect(status).toBe(2);
      const [, init] = /in another folder: (--init \S+)/.exec(stderr)!;
      const told = ['train', ...SMALL, ...init!.split(' '), '--out', `from${flags.join('')}`];
      const begun = await says(told);
      expect(begun.status, begun.stderr).toBe(0);
    }
  });

  test.each([
    ['s3://models/runs/a', /Expected a folder on this machine\. .*--mirror s3:/],
    ['s3:/models', /--mirror s3:/],
    ['http://example.org/runs', /Expected a path on this machine, and no URL/],
    ['file:///tmp/a', /Expected a path on this machine, and no URL/],
  ])('since it is none here: %s', async (out, message) => {
    const before = readdirSync(path());
    for (const more of [[], ['--continue']]) {
      const { status, stderr } = await says(['train', ...SMALL, '--out', out, ...more]);
      expect(status).toBe(2);
      expect(stderr).toMatch(message);
    }
    expect(readdirSync(path())).toEqual(before);
  });
});

describe('asks for the same run', () => {
  const BEGUN = [
    ...[
      '--data-dir',
      'tiny',
      '--epochs',
      '2',
      '--batch-size',
      '8',
      '--hidden',
      '6',
      '--shards',
      '2',
    ],
    ...['--optimizer', 'sgd', '--momentum', '0.9', '--no-shuffle', '--label-smoothing', '0.1'],
    ...['--patience', '9', '--threads', '1'],
  ];

  /** The same without a flag, and the value of one that has any. */
  function without(flag: string, values = 1): string[] {
    const at = BEGUN.indexOf(flag);
    return [...BEGUN.slice(0, at), ...BEGUN.slice(at + 1 + values)];
  }

  async function goOn(flags: readonly string[]) {
    return says(['train', ...flags, '--out', 'same', '--continue']);
  }

  test('and takes what says the same, or how it is computed', async () => {
    writeTinyDataset(path('tiny'), { train: 64, test: 32 });
    expect((await goOn(BEGUN)).status).toBe(0);
    for (const flags of [
      BEGUN,
      [...BEGUN, '--checkpoint-every', '3', '--tensorboard'],
      [...without('--threads'), '--threads', '2'],
      [...BEGUN, '--seed', '0', '--weight-decay', '0', '--activation', 'relu'],
    ]) {
      const { status, stderr } = await goOn(flags);
      expect(status, stderr).toBe(0);
    }
  });

  test.each<[string, string[], RegExp]>([
    ['another seed', [...BEGUN, '--seed', '1'], /--seed 1 contradicts the run, which has 0/],
    ['another loss', [...BEGUN, '--loss', 'mse'], /--loss/],
    ['fewer epochs', [...without('--epochs'), '--epochs', '1'], /--epochs 1 contradicts.*2/],
    ['no epochs said', without('--epochs'), /--epochs is left out, and the run began with 2\. It/],
    ['no size said', without('--hidden'), /--hidden is left out, and the run began with 6/],
    [
      'no optimizer said',
      [...without('--optimizer').filter((word) => word !== '--momentum' && word !== '0.9')],
      /--optimizer is left out, and the run began with sgd/,
    ],
    [
      'no momentum said',
      without('--momentum'),
      /--momentum is left out, and the run began with 0\.9/,
    ],
    ['shuffled', without('--no-shuffle', 0), /--no-shuffle is left out/],
    ['no smoothing said', without('--label-smoothing'), /--label-smoothing is left out.*0\.1/],
    ['no patience said', without('--patience'), /--patience is left out, and the run began with 9/],
    [
      'no shards said',
      [...without('--shards'), '--seed', '0'],
      /--shards is left out, and the run began with 2/,
    ],
    ['other data', without('--data-dir'), /the data is mnist, and the run has tiny/],
    ['a flag more', [...BEGUN, '--keep', 'best'], /--keep best contradicts/],
  ])('%s is refused by the name of the setting', async (_, flags, message) => {
    const { status, stderr } = await goOn(flags);
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/--continue: .* give the same flags, or another --out/);
  });

  test('what is said again as it is by default is no other run', async () => {
    const flags = ['--data-dir', 'tiny', '--batch-size', '64', '--epochs', '1', '--hidden', '4'];
    const more = ['--shards', '4', '--seed', '0', '--beta1', '0.9', '--activation', 'relu'];
    const command = ['train', ...flags, '--out', 'defaults', '--continue'];
    expect((await says([...command, ...more])).status).toBe(0);
    const { status, stderr } = await says(command);
    expect(status, stderr).toBe(0);
  });
});

test.each<[string, string[], RegExp]>([
  ['no folder', [], /--continue needs --out DIR/],
  ['--resume as well', ['--out', 'x', '--resume', 'x'], /--continue and --resume/],
])('is refused with %s', async (_, flags, message) => {
  const { status, stderr } = await says(['train', '--continue', ...flags]);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test('is for the command line, and not for a file of flags', async () => {
  writeFileSync(path('flags.json'), '{"continue": true}');
  const { status, stderr } = await says(['train', '--config', 'flags.json']);
  expect(status).toBe(2);
  expect(stderr).toMatch(/"continue" is for the command line alone/);
});

test('goes with a file of flags: all of it is asked for each time', async () => {
  writeFileSync(path('more.json'), JSON.stringify({ dataDir: 'tiny', epochs: 1, seed: 3 }));
  const command = ['train', '--config', 'more.json', '--out', 'of-file', '--continue'];
  for (const _ of [1, 2]) expect((await says(command)).status).toBe(0);
  expect(JSON.parse(readFileSync(path('of-file', 'run.json'), 'utf8')).config.seed).toBe(3);
  const { status, stderr } = await says([...command, '--seed', '4']);
  expect(status).toBe(2);
  expect(stderr).toMatch(/--seed 4 contradicts the run, which has 3/);
});

// What the command says to what it cannot do, and with which exit status.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { events, lastEvent, SMALL, workplace } from './lockstep.js';

const { lockstep, path, says, start } = workplace();

describe('bad usage is found before the run begins: status 2, one line on stderr, no folder', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown flag', ['--epoch', '3'], /unknown option '--epoch' \(Did you mean --epochs\?\)/],
    [
      'a flag of PyTorch',
      ['--lr', '3'],
      /unknown option '--lr' \(Did you mean --learning-rate\?\)/,
    ],
    [
      'two numbers of threads',
      ['--threads', '3', '--workers', '2'],
      /--threads 3 and --workers 2 are two names of one number; give --threads/,
    ],
    ['a flag of nobody', ['--colour', 'red'], /unknown option '--colour'$/m],
    ['a stray word', ['mnist'], /too many arguments/],
    ['no number', ['--epochs', 'many'], /Expected a whole number from 0 to 2147483647/],
    ['a negative number', ['--seed', '-1'], /Expected a whole number/],
    ['an empty batch', ['--batch-size', '0'], /Expected a whole number from 1 to 4294967295/],
    ['three shards', ['--shards', '3'], /3 is not a power of two/],
    [
      'an unknown optimizer',
      ['--optimizer', 'lion'],
      /Allowed choices are sgd, adam, adamw, rmsprop/,
    ],
    ['momentum for adam', ['--momentum', '0.9'], /--momentum goes with --optimizer sgd or rmsprop/],
    ['an unknown dataset', ['--dataset', 'imagenet'], /there is no dataset "imagenet"/],
    ['no such data', ['--data-dir', 'none'], /none: no such folder/],
    ['an unknown model', ['--model', 'alexnet'], /there is no model "alexnet"/],
    ['no such model', ['--model', 'none.mjs'], /there is no such file/],
    ['no such weights', ['--init', 'none.safetensors'], /cannot read none\.safetensors/],
    ['no such run', ['--resume', 'none'], /holds no run/],
    [
      'a batch that is dropped',
      ['--drop-last', '--batch-size', '2001'],
      /leaves out the only batch/,
    ],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await says(['train', ...SMALL, ...args]);
    expect(status, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(path('runs')) ? readdirSync(path('runs')) : []).toEqual([]);
  });

  test.skipIf(!existsSync('/proc/self'))(
    'a place where nobody can make anything (skipped without /proc)',
    async () => {
      for (const flag of ['--out', '--tensorboard']) {
        for (const place of ['/proc/x', '/proc/x/y', '/dev/null/x']) {
          const { status, stderr } = await says(['train', ...SMALL, flag, place]);
          expect(status, stderr).toBe(2);
          expect(stderr).toMatch(
            /^error: (--out|--tensorboard) \/\S+: .*(cannot be written|not a folder)/,
          );
        }
      }
    },
  );

  test.each<[string, ...string[]]>([
    ['train', '--workers', '1000000000'],
    ['train', '--threads', '1e3'],
    ['train', '--workers', ' 5'],
    ['train', '--threads', ''],
    ['train', '--batch-size', '1000000000000000000'],
    ['train', '--batch-size', '0x10'],
    ['train', '--epochs', '1e300'],
    ['train', '--epochs', '2147483648'],
    ['train', '--epochs', 'Infinity'],
    ['train', '--seed', '1.5'],
    ['train', '--seed', '9007199254740992'],
    ['train', '--shards', '1099511627776'],
    ['train', '--hidden', '1000000000'],
    ['train', '--hidden', '128,,64'],
    ['train', '--limit-train', '-1'],
    ['train', '--limit-test', '0'],
    ['train', '--checkpoint-every', '0'],
    ['train', '--learning-rate', 'NaN'],
    ['train', '--learning-rate', '1e39'],
    ['evaluate', '--threads', '1000000000', 'none'],
    ['coordinator', '--port', '99999'],
    ['coordinator', '--min-workers', '1000000000'],
    ['coordinator', '--local-threads', '1000000000'],
    ['coordinator', '--heartbeat-timeout-ms', '1000000000000000'],
    ['coordinator', '--audit', '1.5'],
    ['worker', '--threads', '1000000000', 'ws://127.0.0.1:1'],
    ['worker', '--listen', '127.0.0.1:99999', 'ws://127.0.0.1:1'],
  ])('%s %s %s', async (command, flag, value, ...rest) => {
    const { status, stdout, stderr } = await says([command, flag!, value!, ...rest]);
    expect(status, stderr).toBe(2);
    expect(stdout).toBe('');
    const name = flag!.replace('--learning-rate', '--learning-rate|learningRate');
    expect(stderr).toMatch(new RegExp(`^error: .*(${name})`));
    expect(stderr).toMatch(/expected|is not a power of two from 1 to 1024|must be/i);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(path('runs')) ? readdirSync(path('runs')) : []).toEqual([]);
  });

  test('a command that does not exist, and none at all', async () => {
    expect((await lockstep('trian')).status).toBe(2);
    const none = await lockstep();
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toContain('Usage: lockstep');
  });

  test('damaged data is refused with its file', async () => {
    writeTinyDataset(path('damaged'), { train: 8, test: 8 });
    writeFileSync(path('damaged', 'train-images-idx3-ubyte'), 'not images');
    const { status, stderr } = await says([
      ...['train', '--data-dir', 'damaged', '--dataset', 'own'],
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/error: .*train-images-idx3-ubyte/);
  });

  test('a folder below a file is refused by name', async () => {
    writeFileSync(path('file'), '');
    const { status, stderr } = await says(['train', ...SMALL, '--out', 'file/run']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: --out file.run: .*file is not a folder$/m);
  });

  test('a folder that holds a run is left as it is', async () => {
    mkdirSync(path('taken', 'checkpoints'), { recursive: true });
    const { status, stderr } = await lockstep('train', ...SMALL, '--out', 'taken');
    expect(status).toBe(2);
    expect(stderr).toContain('holds a run already');
    expect(existsSync(path('taken', 'run.json'))).toBe(false);
  });

  test('with --json the error is an event as well', async () => {
    for (const args of [
      ['--epochs', 'x'],
      ['--dataset', 'imagenet'],
    ]) {
      const { status, stdout, stderr } = await says(['train', '--json', ...args]);
      expect(status).toBe(2);
      expect(events(stdout)).toHaveLength(1);
      expect(lastEvent(stdout)).toMatchObject({ event: 'error', code: 'usage' });
      expect(stderr).toMatch(/^error: /);
    }
  });
});

test('a run that fails has status 1, and names the step', async () => {
  const diverging = ['--optimizer', 'sgd', '--learning-rate', '1e30', '--json', '--out', 'nan'];
  const { status, stdout, stderr } = await lockstep('train', ...SMALL, ...diverging);
  expect(status).toBe(1);
  expect(lastEvent(stdout)).toMatchObject({ event: 'error', code: 'non-finite' });
  expect(stderr).toMatch(/error: train: step \d+: loss is/);
});

test('the stack of an error is shown only when it is asked for', async () => {
  const args = ['train', '--dataset', 'imagenet'];
  const { stderr } = await says(args, { LOCKSTEP_DEBUG: '1' });
  expect(stderr).toMatch(/^error: .*\nUsageError: .*\n {4}at /);
});

describe('help', () => {
  test('of every command has defaults and an example, on stdout', async () => {
    for (const [command, words] of [
      [
        'train',
        ['(mlp: 128,64)', 'compute threads (default: ', '(default: 5)', '$ lockstep train'],
      ],
      ['evaluate', ['(default: "mnist")', '$ lockstep evaluate runs/']],
    ] as const) {
      const { status, stdout, stderr } = await says([command, '--help']);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const word of words) expect(stdout).toContain(word);
    }
  });

  test('has the version', async () => {
    const { status, stdout } = await lockstep('--version');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test('an old Node is told in one line which one is needed', async () => {
  const preload = path('old-node.cjs');
  writeFileSync(
    preload,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });",
  );
  const { status, stdout, stderr } = await start(['train'], {
    NODE_OPTIONS: `--require "${preload.replaceAll('\\', '/')}"`,
  }).finished;
  expect(stderr).toBe('Lockstep needs Node 20.19 or newer; this is 18.20.8\n');
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

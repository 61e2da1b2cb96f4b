// The command line with data and weights of people's own: what folders are called, and what does not go together.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { events, LOCKSTEP, lastEvent, workplace } from './lockstep.js';

const { lockstep, path } = workplace();
const TINY = ['--hidden', '4', '--epochs', '1', '--batch-size', '8', '--threads', '1'];

beforeAll(async () => {
  const samples = { train: 16, test: 8 };
  writeTinyDataset(path('sides'), samples, { shape: [2, 4] });
  writeTinyDataset(path('tall'), samples, { shape: [4, 2] });
  writeTinyDataset(path('three'), samples, { shape: [2, 4], classes: 3 });
  writeTinyDataset(path('letters'), samples, { shape: [2, 4], classes: 26, first: 1 });
  const { status, stderr } = await lockstep(
    ...['train', '--data-dir', 'sides', ...TINY, '--out', 'run'],
  );
  expect(status, stderr).toBe(0);
});

describe('--data-dir without --dataset', () => {
  test('calls the dataset as its folder is called, and takes any number of classes', async () => {
    const { status, stdout, stderr } = await lockstep(
      ...['train', '--data-dir', 'letters', ...TINY, '--json', '--out', 'l'],
    );
    expect(status, stderr).toBe(0);
    expect(events(stdout)[0]).toMatchObject({ dataset: { name: 'letters' } });
    expect(stderr).toContain('called as its folder; --dataset NAME calls it otherwise');
    expect(stderr).toContain('no label is 0 (they are 1 to 16)');
  });

  test('is not MNIST because nobody said so, and is found again', async () => {
    const { stdout } = await lockstep('evaluate', 'run', '--json', '--threads', '1');
    expect(lastEvent(stdout)).toMatchObject({ event: 'evaluation', samples: 8 });
    const again = await lockstep('train', '--resume', 'run', '--threads', '1', '--json');
    expect(again.status, again.stderr).toBe(0);
    expect(events(again.stdout)[0]).toMatchObject({ dataset: { name: 'sides' } });
  });

  test('names the way out where it is said to be MNIST and is not', async () => {
    const { status, stderr } = await lockstep(
      ...['train', '--data-dir', 'letters', '--dataset', 'mnist', ...TINY],
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/label 10 of sample 9 is out of range; expected 0 to 9.*another name/);
  });
});

describe('a run, and data that it was not trained on', () => {
  test.each([
    ['three', /has 3 classes, the training data has 2/],
    ['tall', /has inputs of \[1, 4, 2\], the training data has \[1, 2, 4\]/],
  ])(
    '%s is refused in evaluate, of the run and of its weights, and in --init',
    async (data, why) => {
      const other = ['--data-dir', data, '--dataset', 'other', '--json', '--threads', '1'];
      const runs = [
        ['evaluate', 'run', ...other],
        ['evaluate', 'run', '--data-dir', data, '--json', '--threads', '1'],
        ['evaluate', 'run/weights.safetensors', ...other],
        ['train', '--init', 'run/weights.safetensors', ...other, '--hidden', '4'],
      ];
      for (const args of runs) {
        const { status, stdout, stderr } = await lockstep(...args);
        expect(status, args.join(' ')).toBe(2);
        expect(
          stderr.replaceAll('the data that these weights were trained on', 'the training data'),
        ).toMatch(why);
        expect(stdout).not.toMatch(/evaluation|NaN|null/);
      }
    },
  );

  test('is called as its own folder, not as the one that the run began with', async () => {
    const { stderr } = await lockstep('evaluate', 'run', '--data-dir', 'tall', '--threads', '1');
    expect(stderr).toContain('data: tall from tall (called as its folder');
    expect(stderr).toContain('the data ("tall") has inputs');
  });
});

describe('weights that are none', () => {
  test('are called by their name, with the file’s', async () => {
    writeFileSync(path('model.pth'), Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(99)]));
    for (const args of [
      ['train', '--init', 'model.pth', '--data-dir', 'sides', ...TINY],
      ['evaluate', 'model.pth', '--data-dir', 'sides'],
    ]) {
      const { status, stderr } = await lockstep(...args);
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /weights model\.pth: not a safetensors file: it is a zip, as torch\.save/,
      );
    }
  });
});

test('weights of another network are refused with their file’s name', async () => {
  const init = ['--init', 'run/weights.safetensors', '--data-dir', 'sides', '--hidden', '5'];
  const { status, stderr } = await lockstep('train', ...init);
  expect(status).toBe(2);
  expect(stderr).toMatch(/--init run\/weights\.safetensors: parameters: "layers\.0\.weight" is/);
  const evaluated = await lockstep('evaluate', ...init.slice(1));
  expect(evaluated.status).toBe(2);
  expect(evaluated.stderr).toMatch(/weights run\/weights\.safetensors: parameters: "layers/);
});

describe('a full disk under stdout', () => {
  // Elsewhere than on Linux there is no such device.
  test
    .skipIf(!existsSync('/dev/full'))
    .each<[string[]]>([
      [['evaluate', 'run', '--threads', '1']],
      [['evaluate', 'run', '--threads', '1', '--json']],
      [['train', '--data-dir', 'sides', ...TINY, '--out', 'full']],
      [['train', '--data-dir', 'sides', ...TINY, '--out', 'full-json', '--json']],
      [['--version']],
    ])('%j fails with status 1 and says so once', (args) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [LOCKSTEP, ...args], {
      ...{ cwd: path('.'), encoding: 'utf8' },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect(status, stderr).toBe(1);
    expect(stderr.match(/^error: write results: stdout cannot be written: ENOSPC/gm)).toHaveLength(
      1,
    );
  });
});

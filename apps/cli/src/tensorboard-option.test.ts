import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UsageError } from './errors.js';
import { checkTensorboardFolder, tensorboardFolder } from './tensorboard-option.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('the folder lies in the run’s, unless it is given', () => {
  expect(tensorboardFolder(true, 'runs/a')).toBe(join('runs/a', 'tensorboard'));
  expect(tensorboardFolder('tb', 'runs/a')).toBe('tb');
});

it('a folder that is not there yet can be had, and so can an empty one', async () => {
  await checkTensorboardFolder(join(folder, 'a', 'b'), true);
  await checkTensorboardFolder(folder, true);
});

it('what is no folder, or lies below a file, is refused', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(checkTensorboardFolder(file, true)).rejects.toThrow(UsageError);
  await expect(checkTensorboardFolder(file, true)).rejects.toThrow(`${file}: it is not a folder`);
  await expect(checkTensorboardFolder(join(file, 'a'), false)).rejects.toThrow(
    `--tensorboard ${join(file, 'a')}: ${file} is not a folder`,
  );
});

it('events of another run are no place for a new one, and the place for one that goes on', async () => {
  writeFileSync(join(folder, 'events.out.tfevents.1.host'), '');
  await expect(checkTensorboardFolder(folder, true)).rejects.toThrow(
    'it holds events of another run (events.out.tfevents.1.host)',
  );
  await checkTensorboardFolder(folder, false);
  mkdirSync(join(folder, 'second'));
  await checkTensorboardFolder(join(folder, 'second'), true);
});

const isRoot = process.getuid?.() === 0;
it.skipIf(isRoot)(
  'a folder that nobody may write is refused (skipped as root, who may)',
  async () => {
    chmodSync(folder, 0o500);
    await expect(checkTensorboardFolder(join(folder, 'a'), true)).rejects.toThrow(
      'cannot be written',
    );
  },
);

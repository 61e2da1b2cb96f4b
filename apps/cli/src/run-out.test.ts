import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOut, claimDefaultOut, releaseOut, runName } from './run-out.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-out-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const now = new Date('2026-11-23T09:41:00.123Z');

test('runs that begin in the same second have folders of their own', async () => {
  const parent = join(folder, 'runs');
  const claims = Array.from({ length: 3 }, () => claimDefaultOut('mnist-mlp', now, parent));
  const stem = '2026-11-23T09-41-00Z-mnist-mlp';
  expect((await Promise.all(claims)).sort()).toEqual(
    [stem, `${stem}-2`, `${stem}-3`].map((name) => join(parent, name)),
  );
});

test('a claimed folder is given back only while it is empty', async () => {
  const empty = await claimDefaultOut('a', now, folder);
  const full = await claimDefaultOut('b', now, folder);
  writeFileSync(join(full, 'run.json'), '{}');
  await releaseOut(empty);
  await releaseOut(full);
  expect(readdirSync(folder)).toEqual(['2026-11-23T09-41-00Z-b']);
});

test('a folder that holds a run is refused; a new or an empty one is not', async () => {
  await checkOut(join(folder, 'new'));
  await checkOut(folder);
  writeFileSync(join(folder, 'run.json'), '');
  await expect(checkOut(folder)).rejects.toThrow(/holds a run already \(run.json\).*--resume/);
});

test('a file is no folder', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(checkOut(file)).rejects.toThrow('it is not a folder');
});

test('the name of a run holds nothing that a folder name cannot', () => {
  expect(runName('mnist', 'mlp')).toBe('mnist-mlp');
  expect(runName('my data/2', '../nets/big net.mjs')).toBe('my-data-2-big-net');
});

test('where no folder can be made, the flag that names another is told', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(claimDefaultOut('b', new Date(), join(file, 'runs'))).rejects.toThrow(
    /cannot be made here: E[A-Z]+: .*\. Name another with --out DIR/,
  );
});

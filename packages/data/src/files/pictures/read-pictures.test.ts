// Folders of pictures become datasets: order, classes, parts, and what is wrong with files.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPictureFolder, readPictures } from './read-pictures.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lockstep-pictures-'));
});
afterAll(() => rm(root, { recursive: true }));

const png = (value: number, width = 2, height = 2, channels: 1 | 3 = 1): Uint8Array =>
  encode({ width, height, channels, data: new Uint8Array(width * height * channels).fill(value) });

async function folder(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  for (const [path, bytes] of Object.entries(files)) {
    const full = join(root, name, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, bytes);
  }
  return join(root, name);
}

test('train and test folders, classes and files in the order of code units', async () => {
  const path = await folder('parts', {
    'train/b/10.png': png(1),
    'train/b/9.png': png(2),
    'train/Z/x.PNG': png(3),
    'train/Z/deeper/a.png': png(4),
    'train/.hidden/a.png': png(9),
    'train/b/notes.txt': png(9),
    'test/b/t.png': png(5),
  });
  const { train, test: tested, notes } = await readPictures(path);
  expect(train).toMatchObject({ samples: 4, inputShape: [1, 2, 2], inputDivisor: 255, classes: 2 });
  expect(train.classNames).toEqual(['Z', 'b']);
  expect([...train.targets]).toEqual([0, 0, 1, 1]);
  expect([0, 4, 8, 12].map((i) => train.inputs[i])).toEqual([4, 3, 1, 2]);
  expect(train.pictures).toEqual({ way: 'cover', background: [255, 255, 255] });
  expect([...tested.targets]).toEqual([1]);
  expect(notes).toContain(`1 other file is left out: ${join(path, 'train/b/notes.txt')}`);
});

test('without a test folder a share of each class is kept, the same every time', async () => {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 10; i++) {
    files[`a/${i}.png`] = png(i);
    files[`b/${i}.png`] = png(100 + i);
  }
  const path = await folder('whole', files);
  const { train, test: tested } = await readPictures(path, { test: 0.3, seed: 5 });
  expect([...tested.targets]).toEqual([0, 0, 0, 1, 1, 1]);
  expect(train.samples).toBe(14);
  const again = await readPictures(path, { test: 0.3, seed: 5 });
  expect(again.test.inputs).toEqual(tested.inputs);
  const other = await readPictures(path, { test: 0.3, seed: 6 });
  expect(other.test.inputs).not.toEqual(tested.inputs);
});

test('threads give the bytes of one', async () => {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 150; i++) files[`${i % 2}/${i}.png`] = png(i, 3 + (i % 5), 4, 3);
  const path = await folder('many', files);
  const one = await readPictures(path, { size: { width: 4, height: 3 }, threads: 1 });
  const two = await readPictures(path, { size: { width: 4, height: 3 }, threads: 2 });
  expect(one.train.inputShape).toEqual([3, 3, 4]);
  expect(two.train).toEqual(one.train);
});

describe('what is wrong is told with the file', () => {
  test('a damaged picture is refused, or left out where that is asked for', async () => {
    const path = await folder('bad', {
      'a/1.png': png(1),
      'a/2.png': png(2).slice(0, 50),
      'a/3.png': png(3),
      'b/1.png': png(4),
      'b/2.png': png(5),
    });
    await expect(readPictures(path, { size: 2, channels: 'grey', test: 0.5 })).rejects.toThrow(
      `read ${join(path, 'a/2.png')}: the PNG is cut short`,
    );
    const { data, notes } = await readPictureFolder(path, { bad: 'skip' });
    expect([...data.targets]).toEqual([0, 0, 1, 1]);
    expect(data.inputs).toEqual(new Uint8Array([1, 1, 1, 1, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]));
    expect(notes).toContain(`1 bad picture is left out: ${join(path, 'a/2.png')}`);
  });

  test('sizes that differ need one', async () => {
    const path = await folder('sizes', { 'a/1.png': png(1), 'b/1.png': png(1, 3, 5) });
    await expect(readPictureFolder(path)).rejects.toThrow(
      /different sizes: .*1\.png 2x2, .*1\.png 3x5; give the size/,
    );
    const { data } = await readPictureFolder(path, { size: 4 });
    expect(data.inputShape).toEqual([1, 4, 4]);
  });

  test('a size with one side, and one for which there is no memory', async () => {
    const path = await folder('sides', { 'a/1.png': png(1), 'b/1.png': png(1) });
    for (const size of [{ width: 4 }, null, '4'] as never[]) {
      await expect(readPictures(path, { size })).rejects.toThrow(
        /^readPictures: size\.(width|height) /,
      );
    }
    const { data } = await readPictureFolder(path, { size: { width: 4, height: 3 } });
    expect(data.inputShape).toEqual([1, 3, 4]);
    await expect(readPictureFolder(path, { size: 1e7 })).rejects.toThrow(
      `read ${path}: the samples are ${2 * 1e14} bytes, for which there is no memory`,
    );
  });

  test('no classes, an empty class, a class that training lacks, no folder', async () => {
    const flat = await folder('flat', { '1.png': png(1) });
    await expect(readPictures(flat)).rejects.toThrow('expected a folder for each class');
    const empty = await folder('empty', { 'a/1.png': png(1), 'b/x.txt': png(1) });
    await expect(readPictures(empty)).rejects.toThrow('the class b has no pictures');
    const other = await folder('other', {
      'train/a/1.png': png(1),
      'train/b/1.png': png(1),
      'test/c/1.png': png(1),
    });
    await expect(readPictures(other)).rejects.toThrow(
      'the folder c is no class of the training data: a, b',
    );
    await expect(readPictures(join(root, 'nowhere'))).rejects.toThrow('there is no such folder');
  });

  test('like takes size, rule and classes of what was trained on', async () => {
    const path = await folder('like', { 'b/1.png': png(7, 5, 5) });
    const { data } = await readPictureFolder(path, {
      like: {
        ...{ inputShape: [3, 3, 3], inputDivisor: 255, targetShape: [], classes: 2 },
        ...{ classNames: ['a', 'b'], pictures: { way: 'contain', background: [0, 0, 0] } },
      },
    });
    expect(data).toMatchObject({ inputShape: [3, 3, 3], classes: 2, classNames: ['a', 'b'] });
    expect([...data.targets]).toEqual([1]);
  });
});

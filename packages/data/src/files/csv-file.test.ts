import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { CsvOptions } from '../csv.js';
import { readCsv } from './csv-file.js';
import { temporaryFolder } from './idx.fixture.js';
import type { ReadProgress } from './read-into.js';

const CLASSIFY: CsvOptions = { target: 'species', task: 'classification' };
const IRIS = 'length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n4.9,3,setosa\n';

async function stored(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'iris.csv');
  await writeFile(path, content);
  return path;
}

test('a file names itself in the dataset and in errors', async () => {
  const path = await stored(IRIS);
  expect(await readCsv(path, CLASSIFY)).toMatchObject({ samples: 3, name: path });
  await expect(readCsv(path, { ...CLASSIFY, target: 'x' })).rejects.toThrow(
    `read ${path}: no target`,
  );
  expect(await readCsv(pathToFileURL(path), CLASSIFY)).toMatchObject({ name: path });
  await expect(readCsv(undefined as unknown as string, CLASSIFY)).rejects.toThrow(
    'readCsv: file must be a text that is not empty, got nothing',
  );
  await expect(readCsv(await stored(''), CLASSIFY)).rejects.toThrow('the file is empty');
});

test('a gzip file is known by its bytes; one that is cut is called truncated', async () => {
  const packed = gzipSync(IRIS);
  expect((await readCsv(await stored(packed), CLASSIFY)).samples).toBe(3);
  await expect(readCsv(await stored(packed.subarray(0, -9)), CLASSIFY)).rejects.toThrow(
    'the gzip data ends too early: the file is truncated',
  );
});

test('a table longer than a piece of the file is read whole, and progress is told along the way', async () => {
  const rows = 200_000;
  const text = `a,y\n${Array.from({ length: rows }, (_, i) => `${i},${i + 0.5}\n`).join('')}`;
  for (const content of [Buffer.from(text), gzipSync(text)]) {
    const told: ReadProgress[] = [];
    const path = await stored(content);
    const dataset = await readCsv(path, {
      target: 'y',
      task: 'regression',
      onProgress: (progress) => told.push(progress),
    });
    expect(dataset.samples).toBe(rows);
    expect(dataset.inputs.every((value, i) => value === i)).toBe(true);
    expect(dataset.targets.every((value, i) => value === Math.fround(i + 0.5))).toBe(true);
    expect(told.length).toBeGreaterThan(1);
    expect(told[0]!.rows).toBeGreaterThan(0);
    expect(told[0]!.rows).toBeLessThan(rows);
    expect(told.at(-1)).toMatchObject({
      file: path,
      bytes: content.length,
      totalBytes: content.length,
    });
  }
});

test('labels and values of a long table all arrive', async () => {
  const text = `a,y\n${Array.from({ length: 5000 }, (_, i) => `${i},${7 - (i % 7)}\n`).join('')}`;
  const path = await stored(text);
  const { targets } = await readCsv(path, { target: 'y', task: 'classification' });
  expect(targets.every((label, i) => label === 6 - (i % 7))).toBe(true);
});

test('reading stops when it is aborted', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(readCsv(await stored(IRIS), { ...CLASSIFY, signal })).rejects.toThrow('enough');
});

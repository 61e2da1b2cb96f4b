import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHistory } from './stored-feed.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-'));
});
afterAll(() => rm(folder, { recursive: true }));

const SAMPLE = { at: 1, ms: 100, step: 3, lanes: [], workers: [] };
const GARBAGE = [
  'null',
  '7',
  '"x"',
  '[]',
  '{}',
  '{"step": 1}',
  '{"event": 3}',
  '{"at": 1, "st',
  '',
];

test('lines that are none of ours, or cut, are passed over, wherever they stand', async () => {
  const lines = (line: object) => [...GARBAGE, JSON.stringify(line), ...GARBAGE].join('\n');
  const event = { event: 'checkpoint', time: '', step: 3, path: 'a' };
  await writeFile(join(folder, 'samples.jsonl'), lines(SAMPLE));
  await writeFile(join(folder, 'metrics.jsonl'), lines(event));
  const { events, samples } = await readHistory(folder);
  expect(events).toEqual([event]);
  expect(samples).toEqual([SAMPLE]);
});

test('a folder without them has no history', async () => {
  const { events, samples } = await readHistory(join(folder, 'nowhere'));
  expect([events, samples]).toEqual([[], []]);
});

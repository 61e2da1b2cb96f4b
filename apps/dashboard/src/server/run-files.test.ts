import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunFiles, readEvents, readHistory } from './run-files.js';

let folder: string;
let [eventsFile, samplesFile] = ['', ''];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-'));
  [eventsFile, samplesFile] = [join(folder, 'metrics.jsonl'), join(folder, 'samples.jsonl')];
});
afterEach(() => rm(folder, { recursive: true }));

const SAMPLE = { at: 1, ms: 100, step: 3, lanes: [], workers: [] };
const sample = (step: number) => ({ ...SAMPLE, step });
const event = (step: number) => ({ event: 'checkpoint', time: '', step, path: 'a' });
const line = (object: object): string => `${JSON.stringify(object)}\n`;
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
  const lines = (object: object) => [...GARBAGE, JSON.stringify(object), ...GARBAGE].join('\n');
  await writeFile(samplesFile, lines(SAMPLE));
  await writeFile(eventsFile, lines(event(3)));
  const { events, samples } = await readHistory(folder);
  expect(events).toEqual([event(3)]);
  expect(samples).toEqual([SAMPLE]);
  expect(await readEvents(folder)).toEqual([event(3)]);
});

test('a folder without them has no history, and neither has one where they are folders', async () => {
  await mkdir(eventsFile);
  for (const place of [join(folder, 'nowhere'), folder]) {
    const { events, samples } = await readHistory(place);
    expect([events, samples]).toEqual([[], []]);
  }
});

test('digests are left out', async () => {
  await writeFile(eventsFile, line({ ...event(1), event: 'digest' }) + line(event(2)));
  expect(await readEvents(folder)).toEqual([event(2)]);
});

describe('of files that grow', () => {
  test('each line is told once, when it is whole, in whatever pieces it comes', async () => {
    const files = new RunFiles(folder);
    expect(await files.added()).toEqual({ events: [], samples: [], isAnew: false });
    const long = { ...event(2), path: 'größer 🎓'.repeat(300_000) };
    const bytes = Buffer.from(line(event(1)) + line(long) + line(event(3)));
    const told: unknown[] = [];
    for (let at = 0; at < bytes.length; at += 777_777) {
      await appendFile(eventsFile, bytes.subarray(at, at + 777_777));
      const { events, isAnew } = await files.added();
      expect(isAnew).toBe(false);
      told.push(...events);
    }
    expect(told).toEqual([event(1), long, event(3)]);
    await appendFile(samplesFile, line(sample(4)));
    expect(await files.added()).toEqual({ events: [], samples: [sample(4)], isAnew: false });
  });

  test('a torn end that is taken away changes nothing', async () => {
    const files = new RunFiles(folder);
    await writeFile(eventsFile, `${line(event(1))}{"event": "check`);
    expect((await files.added()).events).toEqual([event(1)]);
    await truncate(eventsFile, line(event(1)).length);
    await appendFile(eventsFile, line(event(2)));
    expect(await files.added()).toEqual({ events: [event(2)], samples: [], isAnew: false });
  });

  test.each(['metrics.jsonl', 'samples.jsonl'])(
    'where %s is another one, all is told anew',
    async (name) => {
      const files = new RunFiles(folder);
      await writeFile(eventsFile, line(event(1)) + line(event(2)));
      await writeFile(samplesFile, line(sample(1)) + line(sample(2)));
      await files.added();
      const first = name === 'metrics.jsonl' ? event(1) : sample(1);
      await writeFile(join(folder, name), line(first));
      const { events, samples, isAnew } = await files.added();
      expect(isAnew).toBe(true);
      const [all, one] = [2, 1];
      const isEvents = name === 'metrics.jsonl';
      expect([events.length, samples.length]).toEqual(isEvents ? [one, all] : [all, one]);
      await rm(join(folder, name));
      expect((await files.added()).isAnew).toBe(true);
    },
  );
});

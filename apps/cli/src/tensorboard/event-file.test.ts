import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeEvents } from '@lockstep/formats/tensorboard';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventFile } from './event-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const event = (step: number) => ({ wallTime: 2, step, summary: [{ tag: 'a', simpleValue: step }] });
const START = { wallTime: 1.5, step: 0, fileVersion: 'brain.Event:2' };

it('events stand in the order in which they were given, though nobody waited', async () => {
  const file = await EventFile.create(join(folder, 'a', 'b'), 1.5);
  const steps = Array.from({ length: 50 }, (_, i) => i + 1);
  await Promise.all(steps.map((step) => file.append([event(step)])));
  await file.close();
  const { events, torn } = decodeEvents(readFileSync(file.path));
  expect(events).toEqual([START, ...steps.map(event)]);
  expect(torn).toBe(0);
});

it('a file is never written over, and names are in the order of time', async () => {
  const paths: string[] = [];
  for (const time of [999_999_999.5, 1_700_000_000, 1_700_000_000.9, 2_000_000_000]) {
    const file = await EventFile.create(folder, time);
    await file.close();
    paths.push(file.path);
  }
  expect(new Set(paths).size).toBe(4);
  expect(readdirSync(folder).sort()).toEqual(paths.map((path) => path.slice(folder.length + 1)));
});

it('what was given before a disk is full is whole, and nothing is written later', async () => {
  const written: Uint8Array[] = [];
  let isFull = false;
  let isClosed = false;
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const file = await EventFile.create(folder, 1.5, async () => ({
    appendFile: async (bytes) => {
      if (isFull) throw full;
      written.push(bytes as Uint8Array);
    },
    close: async () => {
      isClosed = true;
    },
  }));
  await file.append([event(1)]);
  isFull = true;
  await expect(file.append([event(2)])).rejects.toBe(full);
  isFull = false;
  await expect(file.append([event(3)])).rejects.toBe(full);
  await file.close();
  expect(isClosed).toBe(true);
  expect(decodeEvents(Buffer.concat(written)).events).toEqual([START, event(1)]);
});

it('a file that cannot even begin is closed', async () => {
  let isClosed = false;
  const broken = new Error('EIO');
  const open = async () => ({
    appendFile: () => Promise.reject(broken),
    close: async () => {
      isClosed = true;
    },
  });
  await expect(EventFile.create(folder, 1, open)).rejects.toBe(broken);
  expect(isClosed).toBe(true);
});

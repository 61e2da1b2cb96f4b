import { expect, it } from 'vitest';
import { noteQuota } from './default-threads.js';

function notes(given: number | undefined, quota: number | undefined): string[] {
  const said: string[] = [];
  const screen = { note: (line: string) => void said.push(line) };
  noteQuota(given, screen, { threads: 1, quota, cores: 8 });
  return said;
}

it('a quota that leaves cores idle is said, with the flag that overrules it', () => {
  expect(notes(undefined, 0.5)).toEqual([
    'note: 1 thread of 8 cores, by a CPU quota of 0.5; --threads N takes another number',
  ]);
});

it('nothing is said where the user chose, or there is no quota', () => {
  expect(notes(4, 0.5)).toEqual([]);
  expect(notes(undefined, undefined)).toEqual([]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { availableMemory } from './available-memory.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-memory-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function lay(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
}

const MEMINFO = {
  'proc/meminfo': 'MemTotal:  8000000 kB\nMemFree: 1 kB\nMemAvailable: 5000000 kB',
};
const V2 = {
  'proc/self/cgroup': '0::/user.slice/run.scope',
  'proc/self/mountinfo': '35 26 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw',
};
const V1 = {
  'proc/self/cgroup': '12:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/',
  'proc/self/mountinfo':
    '35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
};

it('without control groups it is what the machine has', () => {
  lay(MEMINFO);
  expect(availableMemory({ root })).toEqual({
    ...{ machine: 8_192_000_000, free: 5_120_000_000, limit: undefined },
  });
});

it('where nobody says what is free, that is not known', () => {
  const { machine, free } = availableMemory({ root });
  expect(machine).toBeGreaterThan(0);
  expect(free).toBeUndefined();
});

it.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  ['a group’s own limit', { 'run.scope/memory.max': '1000000000' }, 1e9],
  [
    'the limit of a group around it',
    { 'memory.max': '2000000000', 'run.scope/memory.max': 'max' },
    2e9,
  ],
  ['the tighter of two', { 'memory.max': '2000000000', 'run.scope/memory.max': '3000000000' }, 2e9],
  ['none above what the machine has', { 'run.scope/memory.max': '9000000000' }, undefined],
  ['none that is no number', { 'run.scope/memory.max': 'much' }, undefined],
])('of one hierarchy for all: %s', (_, files, limit) => {
  lay({ ...MEMINFO, ...V2 });
  for (const [name, text] of Object.entries(files)) {
    lay({ [`sys/fs/cgroup/user.slice/${name}`]: text });
  }
  expect(availableMemory({ root }).limit).toBe(limit);
});

it.each([
  ['512000000', 512_000_000],
  ['9223372036854771712', undefined],
])('of a hierarchy of its own: %s', (text, limit) => {
  lay({ ...MEMINFO, ...V1, 'sys/fs/cgroup/memory/memory.limit_in_bytes': text });
  expect(availableMemory({ root }).limit).toBe(limit);
});

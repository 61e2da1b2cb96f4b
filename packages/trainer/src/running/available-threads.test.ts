import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableThreads, describeThreads } from './available-threads.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function lay(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
}

const threads = (cores = 8): number => availableThreads({ root, cores }).threads;

/** A container of today: it sees its own group as the root. */
const V2 = {
  'proc/self/cgroup': '0::/',
  'proc/self/mountinfo': '35 26 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate',
};
const V1 = {
  'proc/self/cgroup': '12:memory:/\n3:cpu,cpuacct:/docker/abc\n0::/',
  'proc/self/mountinfo':
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n' +
    '32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n' +
    '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
};

describe('without a quota', () => {
  it('the default is all cores that the process may use', () => {
    expect(threads(8)).toBe(8);
    lay({ ...V2, 'sys/fs/cgroup/cpu.max': 'max 100000' });
    expect(threads(8)).toBe(8);
    lay({ ...V1, 'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1' });
    expect(threads(8)).toBe(8);
  });

  it('nothing that is no quota is taken for one', () => {
    for (const text of ['', 'x', '0 100000', '50000 0', '-5 7']) {
      lay({ ...V2, 'sys/fs/cgroup/cpu.max': text });
      expect(threads(8)).toBe(8);
    }
    lay({ 'proc/self/cgroup': 'x\n::\n', 'proc/self/mountinfo': 'x\n- - -\n' });
    expect(threads(8)).toBe(8);
  });

  it('on this machine it is between one and the cores', () => {
    const { threads: here } = availableThreads();
    expect(here).toBeGreaterThanOrEqual(1);
    expect(here).toBeLessThanOrEqual(availableParallelism());
  });
});

describe.each([
  [50_000, 1],
  [100_000, 1],
  [101_000, 2],
  [150_000, 2],
  [200_000, 2],
  [350_000, 4],
  [800_000, 8],
  [6_400_000, 8],
])('a quota of %d µs in 100 ms', (quota, expected) => {
  it(`allows ${expected} of 8 threads, with version 2`, () => {
    lay({ ...V2, 'sys/fs/cgroup/cpu.max': `${quota} 100000` });
    expect(threads()).toBe(expected);
  });

  it(`allows ${expected} of 8 threads, with version 1`, () => {
    lay({
      ...V1,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': String(quota),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
    });
    expect(threads()).toBe(expected);
  });
});

describe('groups within groups', () => {
  const host = (group: string) => ({ ...V2, 'proc/self/cgroup': `0::${group}` });

  it('the tightest of all around the process counts, wherever it is', () => {
    lay({
      ...host('/user.slice/job'),
      'sys/fs/cgroup/user.slice/job/cpu.max': '400000 100000',
      'sys/fs/cgroup/user.slice/cpu.max': '30000 10000',
      'sys/fs/cgroup/other/cpu.max': '10000 100000',
    });
    expect(threads()).toBe(3);
    lay({ 'sys/fs/cgroup/user.slice/job/cpu.max': '200000 100000' });
    expect(threads()).toBe(2);
  });

  it('a group whose path is that of the host is the one that is mounted', () => {
    lay({ ...host('/kubepods/pod1/c1'), 'sys/fs/cgroup/cpu.max': '200000 100000' });
    expect(threads()).toBe(2);
    lay({ ...host('/../../elsewhere'), 'sys/fs/cgroup/cpu.max': '300000 100000' });
    expect(threads()).toBe(3);
  });

  it('both versions side by side: the one with the processor counts', () => {
    lay({
      'proc/self/cgroup': '4:cpu:/a b\n0::/',
      'proc/self/mountinfo':
        '32 31 0:29 / /sys/fs/cgroup/the\\040cpu rw - cgroup cgroup rw,cpu\n' +
        '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
      'sys/fs/cgroup/the cpu/a b/cpu.cfs_quota_us': '250000',
      'sys/fs/cgroup/the cpu/a b/cpu.cfs_period_us': '50000',
    });
    expect(threads()).toBe(5);
  });
});

it('why it is so many is said', () => {
  lay({ ...V2, 'sys/fs/cgroup/cpu.max': '50000 100000' });
  expect(describeThreads(availableThreads({ root, cores: 8 }))).toBe('by a CPU quota of 0.5');
  expect(describeThreads({ quota: undefined })).toBe('all cores');
});

// How many compute threads can be of use to this process, and why: the cores that it may use, and no more than the CPU time
// that its control groups allow it, rounded up. Which of them do help is found out while a run goes on (adaptive-choice.ts):
// of a quota of 1.5 CPUs a second thread has half, and may or may not make up for the waiting.
// Linux has quotas in two forms, and a group's are limited by those of the groups around it; other systems have none here.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, posix } from 'node:path';

/** What the default number of threads is, and what it comes from. */
export interface AvailableThreads {
  readonly threads: number;
  /** CPUs' worth of time that the tightest quota allows, such as 0.5; undefined where there is none below `cores`. */
  readonly quota: number | undefined;
  /** Cores that the process may run on. */
  readonly cores: number;
}

/** More than any machine has; a larger number is a slip of the pen. */
export const MAX_THREADS = 4096;

/** For tests: another machine's files and cores. */
export interface Machine {
  /** The folder that holds `proc` and whatever is mounted. Default `/`. */
  readonly root?: string;
  readonly cores?: number;
}

/** @returns at least one thread; a part of a CPU that is left over starts one, too */
export function availableThreads(machine: Machine = {}): AvailableThreads {
  const { root = '/', cores = availableParallelism() } = machine;
  const quota = cpuQuota(root);
  if (quota === undefined || quota >= cores) return { threads: cores, quota: undefined, cores };
  return { threads: Math.ceil(quota), quota, cores };
}

/** Why it is so many, for people: `all cores`, `by a CPU quota of 0.5`. */
export function describeThreads({ quota }: Pick<AvailableThreads, 'quota'>): string {
  return quota === undefined ? 'all cores' : `by a CPU quota of ${Math.round(100 * quota) / 100}`;
}

/** A mounted hierarchy of control groups: what is seen at `point` is the group `group`. */
interface Mount {
  readonly group: string;
  readonly point: string;
}

/**
 * The least quota of this process's groups and of those around them, in CPUs; undefined if there is none.
 *
 * Source: proc(5) on cgroup and mountinfo; the kernel's cgroup-v2 (cpu.max) and sched-bwc (cpu.cfs_quota_us).
 */
function cpuQuota(root: string): number | undefined {
  if (process.platform !== 'linux' && root === '/') return undefined;
  const groups = read(root, 'proc/self/cgroup')?.trim().split('\n') ?? [];
  const mounts = read(root, 'proc/self/mountinfo')?.split('\n') ?? [];
  const quotas = groups.flatMap((line) => {
    const [, controllers = '', group = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isUnified = controllers === '';
    if (!isUnified && !controllers.split(',').includes('cpu')) return [];
    const mount = findMount(mounts, isUnified);
    if (!mount) return [];
    return foldersOf(mount, group).map((folder) =>
      isUnified ? unifiedQuota(root, folder) : legacyQuota(root, folder),
    );
  });
  const given = quotas.filter((quota) => quota !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}

/** Fields of a line: id, parent, device, root, mount point, options, …, `-`, type, source, super options. */
function findMount(lines: readonly string[], isUnified: boolean): Mount | undefined {
  for (const line of lines) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , group, point] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (group === undefined || point === undefined) continue;
    const isIt = isUnified
      ? type === 'cgroup2'
      : type === 'cgroup' && options.split(',').includes('cpu');
    // Spaces and such are written in octal.
    const plain = (text: string): string =>
      text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
    if (isIt) return { group: plain(group), point: plain(point) };
  }
  return undefined;
}

/** From the group itself up to the outermost that can be seen. In a container the group's path may be that of the host. */
function foldersOf({ group: mounted, point }: Mount, group: string): string[] {
  const below = posix.relative(mounted, group);
  const parts = below.startsWith('..') ? [] : below.split('/').filter((part) => part !== '');
  return [...parts.keys(), parts.length].map((length) =>
    posix.join(point, ...parts.slice(0, length)),
  );
}

function unifiedQuota(root: string, folder: string): number | undefined {
  const [quota, period = '100000'] = read(root, folder, 'cpu.max')?.trim().split(' ') ?? [];
  return quotient(quota, period);
}

function legacyQuota(root: string, folder: string): number | undefined {
  return quotient(
    read(root, folder, 'cpu.cfs_quota_us'),
    read(root, folder, 'cpu.cfs_period_us') ?? '100000',
  );
}

/** `max` and -1 stand for none. */
function quotient(quota: string | undefined, period: string): number | undefined {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}

function read(root: string, ...path: readonly string[]): string | undefined {
  try {
    return readFileSync(join(root, ...path), 'utf8');
  } catch {
    return undefined;
  }
}

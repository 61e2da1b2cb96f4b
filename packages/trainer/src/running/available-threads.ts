// How many compute threads can be of use to this process, and why: the cores that it may use, and no more than the CPU time
// that its control groups allow it, rounded up. Which of them do help is found out while a run goes on (adaptive-choice.ts):
// of a quota of 1.5 CPUs a second thread has half, and may or may not make up for the waiting.
// Linux has quotas in two forms, and a group's are limited by those of the groups around it; other systems have none here.
import { availableParallelism } from 'node:os';
import { controlGroups, readBelow } from './control-groups.js';

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

/**
 * The least quota of this process's groups and of those around them, in CPUs; undefined if there is none.
 *
 * Source: the kernel's cgroup-v2 (cpu.max) and sched-bwc (cpu.cfs_quota_us).
 */
function cpuQuota(root: string): number | undefined {
  const quotas = controlGroups(root, 'cpu').map(({ folder, isUnified }) =>
    isUnified ? unifiedQuota(root, folder) : legacyQuota(root, folder),
  );
  const given = quotas.filter((quota) => quota !== undefined);
  return given.length > 0 ? Math.min(...given) : undefined;
}

function unifiedQuota(root: string, folder: string): number | undefined {
  const [quota, period = '100000'] = readBelow(root, folder, 'cpu.max')?.trim().split(' ') ?? [];
  return quotient(quota, period);
}

function legacyQuota(root: string, folder: string): number | undefined {
  return quotient(
    readBelow(root, folder, 'cpu.cfs_quota_us'),
    readBelow(root, folder, 'cpu.cfs_period_us') ?? '100000',
  );
}

/** `max` and -1 stand for none. */
function quotient(quota: string | undefined, period: string): number | undefined {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}

// How much memory this process may have: the machine's, and no more than its control groups allow.
import { totalmem } from 'node:os';
import type { Machine } from './available-threads.js';
import { controlGroups, readBelow } from './control-groups.js';

/** Bytes. */
export interface AvailableMemory {
  /** That the machine has. */
  readonly machine: number;
  /** That are free, or could be: what the kernel's caches hold is. Undefined where nobody says. */
  readonly free: number | undefined;
  /** That the tightest control group allows; undefined where none allows less than the machine has. */
  readonly limit: number | undefined;
}

/** Source: proc(5) on meminfo; the kernel's cgroup-v2 (memory.max) and cgroup-v1 (memory.limit_in_bytes). */
export function availableMemory(machine: Omit<Machine, 'cores'> = {}): AvailableMemory {
  const { root = '/' } = machine;
  const fields = readBelow(root, 'proc/meminfo') ?? '';
  const bytes = (field: string): number | undefined => {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(fields)?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  };
  const total = bytes('MemTotal') ?? totalmem();
  // `max`, and a number beyond all machines, stand for none.
  const limits = controlGroups(root, 'memory')
    .map(({ folder, isUnified }) =>
      Number(readBelow(root, folder, isUnified ? 'memory.max' : 'memory.limit_in_bytes')),
    )
    .filter((limit) => limit > 0 && limit < total);
  return {
    machine: total,
    free: bytes('MemAvailable'),
    limit: limits.length > 0 ? Math.min(...limits) : undefined,
  };
}

// Which process somebody is, so that another one can tell later whether it is still there.
// Invariant: `gone` is said only of a process that is gone; a process id that was given to another one is not taken for the first.
// On Linux a machine is one boot and one space of process ids: containers that share a folder are machines of their own.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** For people. */
  readonly host: string;
  /** Equal where process ids mean the same; null where that cannot be known. */
  readonly machine: string | null;
  /** When it was started, by the machine's count; null where that cannot be known. */
  readonly start: string | null;
}

/** `unknown` for processes of other machines, and where the system does not tell when a process was started. */
export type Life = 'alive' | 'gone' | 'unknown';

export function thisProcess(): ProcessIdentity {
  const { pid, platform } = process;
  const host = hostname();
  return { pid, host, machine: platform === 'linux' ? linuxMachine() : host, start: startOf(pid) };
}

export function lifeOf(other: ProcessIdentity, self: ProcessIdentity = thisProcess()): Life {
  if (other.machine === null || other.machine !== self.machine) return 'unknown';
  if (!isRunning(other.pid)) return 'gone';
  const start = startOf(other.pid);
  if (start === null || other.start === null) return 'unknown';
  return start === other.start ? 'alive' : 'gone';
}

function linuxMachine(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** The 22nd field of proc(5)'s stat; the second, a name in parentheses, may hold anything. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

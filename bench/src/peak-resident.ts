// The largest resident size of this process. Linux carries the parent's size over into `maxRSS` of a process
// that it starts, so there the kernel's own mark of this address space is read.
import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/** @returns bytes */
export function peakResidentBytes(): number {
  const status = existsSync(STATUS) ? readFileSync(STATUS, 'utf8') : '';
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kibibytes ? Number(kibibytes) : process.resourceUsage().maxRSS);
}

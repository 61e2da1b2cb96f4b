// How many threads compute where the user does not say: what help shows, and what is said when it is fewer than the cores.
import { availableThreads, describeThreads } from '@lockstep/trainer';
import type { Screen } from './screen.js';
import { plural } from './wording.js';

/** For help: `8 here, all cores`. */
export function defaultThreads(): string {
  const available = availableThreads();
  return `${available.threads} here, ${describeThreads(available)}`;
}

/**
 * Says why fewer threads compute than there are cores, before they start.
 *
 * @param given what the user chose
 */
export function noteQuota(
  given: number | undefined,
  screen: Pick<Screen, 'note'>,
  available = availableThreads(),
): void {
  if (given !== undefined || available.quota === undefined) return;
  const threads = plural(available.threads, 'thread');
  screen.note(
    `note: ${threads} of ${plural(available.cores, 'core')}, ${describeThreads(available)}; --threads N takes another number`,
  );
}

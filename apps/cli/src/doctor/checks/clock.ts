// Whether this machine's clock can be right: certificates, logs and the names of runs go by it. No run does.
import { statSync } from 'node:fs';
import { OWN_MANIFEST } from '../../own-manifest.js';
import { type Check, type Judgement, note, ok, problem } from '../check.js';

/** Before that there was no Lockstep. */
const FIRST = new Date('2025-01-01T00:00:00Z');
const MANY_YEARS_MS = 20 * 365 * 86_400_000;

export const clock: Check = {
  id: 'clock',
  title: 'Clock',
  look: ({ now }) => judgeClock(now(), statSync(OWN_MANIFEST).mtime),
};

/** @param installed when the program came here, as its files say; packages may say a time long past */
export function judgeClock(now: Date, installed: Date): Judgement {
  const least = installed > FIRST ? installed : FIRST;
  const found = `it says ${now.toISOString()}`;
  const advice =
    'set it, by the network if there is one (NTP): certificates seem not valid otherwise';
  if (now < least) {
    return problem(
      `${found}, and this program is from ${least.toISOString().slice(0, 10)}`,
      advice,
    );
  }
  return now.getTime() - least.getTime() > MANY_YEARS_MS
    ? note(`${found}, which is far in the future`, advice)
    : ok(found);
}

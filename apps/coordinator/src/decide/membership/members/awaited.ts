// Who is waited for before a generation forms: enough workers for a new run, the last members after a restart.
import type { State } from '../state/state.js';

/** How many workers must yet come before the next generation forms. */
export function missing(state: State, now: number): number {
  const { members, config, returning } = state;
  const hasBegun = state.begun || members.some(({ held }) => held !== null && held.step > 0);
  const needed = hasBegun ? 1 : Math.max(1, config.minWorkers);
  const isOverdue =
    returning !== null && returning.since !== null && now - returning.since >= config.resumeGraceMs;
  const awaited = returning && !isOverdue ? absent(state).length : 0;
  return Math.max(needed - members.length, awaited, 0);
}

/** Names of the last generation's members that are not back, each as often as it is missing. */
export function absent({ members, returning }: State): string[] {
  const names = [...(returning?.names ?? [])];
  for (const { name } of members) {
    const at = names.indexOf(name);
    if (at >= 0) names.splice(at, 1);
  }
  return names;
}

// Who is waited for before a generation forms: enough workers before the first step, and the last members after a restart.
import type { State } from '../state/state.js';

/** How many workers must yet come before the next generation forms. */
export function missing(state: State, now: number): number {
  const { members, config } = state;
  const isUnderWay = config.takesOver && members.some(({ held }) => held !== null && held.step > 0);
  const needed = state.begun || isUnderWay ? 1 : Math.max(1, config.minWorkers);
  const awaited = graceMs(state, now) > 0 ? absent(state).length : 0;
  return Math.max(needed - members.length, awaited, 0);
}

/** For how long the last generation's members are waited for yet: for ever as long as none is back; 0 when no longer. */
export function graceMs({ returning, config }: State, now: number): number {
  if (returning === null) return 0;
  if (returning.since === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, returning.since + config.resumeGraceMs - now);
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

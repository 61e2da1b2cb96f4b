// Whether the shards should be dealt anew: a worker has become slower or faster than it was dealt for. It costs a
// pause of everyone, so it must pay, for a while, and not often.

import type { Member } from '../state/member.js';
import type { Phase } from '../state/phase.js';
import type { State } from '../state/state.js';
import { fastestMs, predictedMs, speedsOf } from './deal.js';

/** How much longer a step must take than in the fastest deal; more than `deal` itself allows. */
const GAIN = 1.15;
/** For how long it must be so. */
const WINDOW_MS = 2000;
/** The least time between two generations. */
const INTERVAL_MS = 10_000;

/** Weight of the newest report in a member's speed; they come a few times a second. */
const NEWEST_WEIGHT = 0.5;

/** A member's speed, when a step with so many shards took it so long. */
export function measure(member: Member, shards: number, computeMs: number): number | null {
  if (shards === 0 || !(computeMs > 0)) return member.speed;
  const speed = shards / computeMs;
  return member.speed === null ? speed : member.speed + NEWEST_WEIGHT * (speed - member.speed);
}

/**
 * Compares what is dealt with what would be.
 *
 * @returns since when another deal would have been faster (null: it would not), and whether it is time
 */
export function weighDeal(
  { members, config, formed, catchUp }: State,
  { team, slowSince }: Extract<Phase, { name: 'running' }>,
  now: number,
): { readonly slowSince: number | null; readonly isDue: boolean } {
  // Those who are behind will be dealt in soon.
  if (catchUp || members.length < 2 || members.some(({ speed }) => speed === null)) {
    return { slowSince: null, isDue: false };
  }
  const speeds = speedsOf(members);
  if (predictedMs(team.ranks, speeds) <= GAIN * fastestMs(config.shards, speeds)) {
    return { slowSince: null, isDue: false };
  }
  const since = slowSince ?? now;
  return { slowSince: since, isDue: now - since >= WINDOW_MS && now - formed >= INTERVAL_MS };
}

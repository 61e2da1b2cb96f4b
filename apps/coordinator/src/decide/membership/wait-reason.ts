// What the coordinator waits for, in words for people. Every phase in which it waits has a reason.

import { list } from './dealing/told.js';
import { isAwaited, workingRanks } from './holding/catch-up.js';
import { absent, graceMs, missing } from './members/awaited.js';
import type { Audits } from './state/audits.js';
import type { MemberId } from './state/member.js';
import type { State } from './state/state.js';
import type { Rank } from './state/team.js';

/** Whether nobody computes, evaluates or hands over what is to be saved: for want of workers, or since a generation forms. */
export function standsStill({ phase: { name } }: State): boolean {
  return name === 'waiting' || name === 'pausing' || name === 'loading' || name === 'preparing';
}

/** Workers that must yet come before anybody computes; 0 when enough are there. */
export function lacking(state: State, now: number): number {
  return state.phase.name === 'waiting' ? missing(state, now) : 0;
}

/** @returns undefined while workers compute on their own, and when the run is over */
export function waitReason(state: State, now: number): string | undefined {
  const { phase, generation, members, catchUp } = state;
  const namesBut = (ids: readonly MemberId[]): string =>
    list(members.filter(({ id }) => !ids.includes(id)).map(({ name }) => name));
  const nameOf = (id: MemberId): string => members.find((other) => other.id === id)?.name ?? '?';
  const waitingForState = (from: MemberId | null, step: number): string =>
    from === null
      ? `reading the checkpoint of step ${step}`
      : `waiting for ${nameOf(from)} to send the state of step ${step}`;
  switch (phase.name) {
    case 'waiting':
      return waitingForWorkers(state, now);
    case 'pausing':
      return `waiting for ${namesBut(phase.answered)} to stop (generation ${generation})`;
    case 'loading':
      return `reading the checkpoint of step ${phase.target.step}`;
    case 'saving': {
      const { step } = phase.target;
      if (state.writing) return `saving the checkpoint of step ${state.writing.step}`;
      return waitingForState(phase.from, step);
    }
    case 'preparing': {
      const { step } = phase.target;
      if (catchUp?.isBegun) {
        if (!catchUp.isOffered) return waitingForState(catchUp.from, step);
        const awaited = members.filter(({ id }) => isAwaited(state, id)).map(({ name }) => name);
        return `waiting for ${list(awaited)} to take the state of step ${step}`;
      }
      return `waiting for ${namesBut(phase.prepared)} to be ready for generation ${generation} at step ${step}`;
    }
    case 'running': {
      const ranks = workingRanks(state, phase.team);
      const behind = catchUp?.behind ?? [];
      const workingBut = (ids: readonly MemberId[]): string => namesBut([...behind, ...ids]);
      if (phase.audits?.dispute) return waitingForVotes(phase.audits, ranks, workingBut);
      if (phase.reached.length === 0) return undefined;
      const names = workingBut(phase.reached.map(({ id }) => id));
      return `waiting for ${names} to ${phase.evaluate ? 'evaluate' : 'reach'} step ${phase.until}`;
    }
    case 'over':
      return undefined;
  }
}

function waitingForVotes(
  { step, dispute }: Audits,
  ranks: readonly Rank[],
  namesBut: (ids: readonly MemberId[]) => string,
): string {
  const { rank, votes } = dispute!;
  const { first, end } = ranks[rank]!;
  const names = namesBut(votes.map(({ id }) => id));
  return `waiting for ${names} to compute the shards [${first}, ${end}) of step ${step} again`;
}

function waitingForWorkers(state: State, now: number): string {
  const { members, arriving } = state;
  const details = members.map(({ name }) => `${name} ready`);
  if (arriving.length > 0) details.push(`${arriving.length} preparing`);
  const leftMs = graceMs(state, now);
  const why = Number.isFinite(leftMs)
    ? `is not back, waiting for it ${(leftMs / 1000).toFixed(1)} s more`
    : 'has not joined';
  if (leftMs > 0) details.push(...absent(state).map((name) => `${name} ${why}`));
  const count = `${members.length} of ${members.length + missing(state, now)}`;
  return `waiting for workers: ${count}${details.length > 0 ? ` (${details.join('; ')})` : ''}`;
}

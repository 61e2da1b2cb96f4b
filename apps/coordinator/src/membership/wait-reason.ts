// What the coordinator waits for, in words for people. Every phase in which it waits has a reason.
import { absent, missing } from './step.js';
import type { Audits, MemberId, State, Team } from './types.js';

/** @returns undefined while workers compute on their own, and when the run is over */
export function waitReason(state: State, now: number): string | undefined {
  const { phase, generation, members } = state;
  const namesBut = (ids: readonly MemberId[]): string =>
    list(members.filter(({ id }) => !ids.includes(id)).map(({ name }) => name));
  const nameOf = (id: MemberId): string => members.find((other) => other.id === id)?.name ?? '?';
  switch (phase.name) {
    case 'waiting':
      return waitingForWorkers(state, now);
    case 'pausing':
      return `waiting for ${namesBut(phase.answered)} to stop (generation ${generation})`;
    case 'loading':
    case 'saving': {
      const { step } = phase.target;
      if (phase.name === 'saving' && state.writing) {
        return `saving the checkpoint of step ${state.writing.step}`;
      }
      if (phase.from === null) return `reading the checkpoint of step ${step}`;
      return `waiting for ${nameOf(phase.from)} to send the state of step ${step}`;
    }
    case 'preparing':
      return `waiting for ${namesBut(phase.prepared)} to be ready for generation ${generation} at step ${phase.target.step}`;
    case 'running': {
      if (phase.audits?.dispute) return waitingForVotes(phase.audits, phase.team, namesBut);
      if (phase.reached.length === 0) return undefined;
      const names = namesBut(phase.reached.map(({ id }) => id));
      return `waiting for ${names} to ${phase.evaluate ? 'evaluate' : 'reach'} step ${phase.until}`;
    }
    case 'over':
      return undefined;
  }
}

function waitingForVotes(
  { step, dispute }: Audits,
  { ranks }: Team,
  namesBut: (ids: readonly MemberId[]) => string,
): string {
  const { rank, votes } = dispute!;
  const { first, end } = ranks[rank]!;
  const names = namesBut(votes.map(({ id }) => id));
  return `waiting for ${names} to compute the shards [${first}, ${end}) of step ${step} again`;
}

function waitingForWorkers(state: State, now: number): string {
  const { members, arriving, config, returning } = state;
  const details = members.map(({ name }) => `${name} ready`);
  if (arriving.length > 0) details.push(`${arriving.length} preparing`);
  if (returning?.since == null) {
    details.push(...absent(state).map((name) => `${name} has not joined`));
  } else {
    const seconds = ((returning.since + config.resumeGraceMs - now) / 1000).toFixed(1);
    details.push(
      ...absent(state).map((name) => `${name} is not back, waiting for it ${seconds} s more`),
    );
  }
  const count = `${members.length} of ${members.length + missing(state, now)}`;
  return `waiting for workers: ${count}${details.length > 0 ? ` (${details.join('; ')})` : ''}`;
}

/** Up to a few names. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

// A run's workers as their coordinator sees them, for people. Pure: what membership knows in, plain values out.
import type { Traffic } from '@lockstep/transport';
import type { Member, MemberId } from '../decide/membership/state/member.js';
import type { Running } from '../decide/membership/state/phase.js';
import type { State } from '../decide/membership/state/state.js';

/** A worker as the coordinator sees it. */
export interface WorkerStatus {
  readonly name: string;
  readonly threads: number;
  /** What it does now, in a word or two: `training`, `evaluating`, `catching up`, `stopping`, ... */
  readonly doing: string;
  /** Its shards in the generation that runs, [first, end). */
  readonly shards: { readonly first: number; readonly end: number } | undefined;
  /** It has none, and would in a run of so many; undefined if it has, or no number would give it one. */
  readonly neededShards: number | undefined;
  /** Mean milliseconds a step: computing, sending, waiting for others; undefined before it reported. */
  readonly computeMs: number | undefined;
  readonly sendMs: number | undefined;
  readonly waitMs: number | undefined;
  /** Bytes between it and the coordinator since it came, both ways; what workers send each other is not among them. */
  readonly bytes: number | undefined;
  /** Of the last sign of life that it was asked for; undefined before, and in this process. */
  readonly roundTripMs: number | undefined;
}

/**
 * In the order of joining.
 *
 * @param trafficOf what has passed over a worker's link, while that is open
 */
export function workerStatuses(
  state: State,
  trafficOf: (id: MemberId) => Traffic | undefined = () => undefined,
): WorkerStatus[] {
  const ranks = state.phase.name === 'running' ? state.phase.team.ranks : [];
  const { idle } = state.told;
  return state.members.map((member) => {
    const { id, name, threads, progress } = member;
    const rank = ranks.find((other) => other.id === id);
    const traffic = trafficOf(id);
    return {
      name,
      threads,
      doing: doingOf(member, state),
      shards: rank && { first: rank.first, end: rank.end },
      neededShards: (idle?.ids.includes(id) && idle.needed) || undefined,
      computeMs: progress?.computeMs,
      sendMs: progress?.sendMs,
      waitMs: progress?.waitMs,
      bytes: traffic && traffic.sentBytes + traffic.receivedBytes,
      roundTripMs: traffic?.roundTripMs,
    };
  });
}

function doingOf(member: Member, state: State): string {
  const { phase } = state;
  if (member.leaving) return 'leaving';
  switch (phase.name) {
    case 'waiting':
    case 'loading':
      return 'waiting';
    case 'pausing':
      return phase.answered.includes(member.id) ? 'waiting' : 'stopping';
    case 'preparing':
      return phase.prepared.includes(member.id) ? 'ready' : 'preparing';
    case 'running':
      return doingInGeneration(member, phase, state);
    case 'saving':
      return phase.from === member.id ? 'handing over the state' : 'waiting';
    case 'over':
      return 'done';
  }
}

function doingInGeneration({ id }: Member, phase: Running, { catchUp }: State): string {
  if (catchUp?.behind.includes(id) && !catchUp.caughtUp.includes(id)) return 'catching up';
  const rank = phase.team.ranks.find((other) => other.id === id);
  if (!rank) return 'waiting';
  if (phase.reached.some((report) => report.id === id)) return 'waiting';
  if (phase.trained !== null && phase.evaluate) return 'evaluating';
  return rank.end > rank.first ? 'training' : 'idle';
}

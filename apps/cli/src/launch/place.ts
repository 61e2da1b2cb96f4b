// Which rank this process is, and where ranks meet: flags, variables of all schedulers and a few that are nobody's own come to one
// answer, or to an error that says what is missing or contradicts. Pure.
// Invariant: every rank of a launch comes to the same place to meet; nothing here asks the machine.
import { UsageError } from '../errors.js';
import { type Meeting, type MeetingFlags, meetingOf } from './meeting.js';
import { SCHEDULERS } from './schedulers/list.js';
import { type Environment, type Seen, type Sighting, Variables } from './schedulers/scheduler.js';

/** As the coordinator's own, which no flag raises. */
const MAX_RANKS = 256;

/** What somebody says, whatever the variables do. */
export interface PlaceFlags extends MeetingFlags {
  readonly rank?: number;
  readonly ranks?: number;
}

const NOTHING: Sighting = {};

export interface Place {
  /** As people call it; `flags` where nothing else was needed. */
  readonly scheduler: string;
  /** What it was recognised by, as `NAME=value`. */
  readonly variables: readonly string[];
  /** From 0. */
  readonly rank: number;
  readonly ranks: number;
  readonly localRank: number | undefined;
  /** So many ranks are on this machine, where that is known. */
  readonly localRanks: number | undefined;
  readonly restarts: number | undefined;
  readonly meeting: Meeting;
  /** What gives a rank more cores. */
  readonly coresHint: string | undefined;
}

/** @throws UsageError if variables are missing, contradict each other or cannot be meant, or flags are out of range */
export function findPlace(env: Environment, flags: PlaceFlags): Place {
  const hasBoth = flags.rank !== undefined && flags.ranks !== undefined;
  const all = seenIn(env, hasBoth);
  const chosen = choose(all, flags);
  const sighting: Sighting = chosen?.sighting ?? {};
  const rank = flags.rank ?? sighting.rank!;
  const ranks = flags.ranks ?? sighting.ranks!;
  checkRange(rank, ranks, chosen);
  // What somebody says else of the ranks leaves nothing of how they are spread.
  const agrees = rank === (sighting.rank ?? rank) && ranks === (sighting.ranks ?? ranks);
  const { localRank, restarts, ...spread } = agrees ? sighting : NOTHING;
  const told = ranks === 1 ? 1 : spread.localRanks;
  const meeting = meetingOf(env, flags, { ranks, localRanks: told, chosen, all });
  // Whoever meets on the loopback of a machine is on it.
  const localRanks = told ?? (meeting.isLocal ? ranks : undefined);
  return {
    scheduler: chosen?.scheduler.name ?? 'flags',
    variables: chosen?.variables ?? [],
    ...{ rank, ranks, localRank, localRanks, restarts },
    meeting,
    coresHint: chosen?.scheduler.coresHint,
  };
}

/** @param isCertain whether flags say it all: what variables say wrongly does not matter then */
function seenIn(env: Environment, isCertain: boolean): readonly Seen[] {
  return SCHEDULERS.flatMap((scheduler) => {
    const variables = new Variables(env);
    try {
      const sighting = scheduler.read(variables);
      return sighting ? [{ scheduler, sighting, variables: variables.read }] : [];
    } catch (error) {
      if (isCertain && error instanceof UsageError) return [];
      throw error;
    }
  });
}

/** @returns whose rank it is; undefined if flags say it all and nobody else says anything */
function choose(all: readonly Seen[], flags: PlaceFlags): Seen | undefined {
  const whole = all.filter(
    ({ sighting }) =>
      (flags.rank ?? sighting.rank) !== undefined && (flags.ranks ?? sighting.ranks) !== undefined,
  );
  const [chosen] = whole;
  if (flags.rank !== undefined && flags.ranks !== undefined) return chosen;
  if (!chosen) throw halfPresent(all, flags);
  refuseContradiction(chosen, all, flags);
  if (chosen.sighting.fault !== undefined) {
    throw new UsageError(
      `launch: ${chosen.scheduler.name}: ${chosen.sighting.fault}; or give --rank and --ranks`,
    );
  }
  return chosen;
}

/** What is said around an inner launcher does not count; all else must agree, as far as it goes. */
function refuseContradiction(chosen: Seen, all: readonly Seen[], flags: PlaceFlags): void {
  const others = chosen.sighting.isInner ? all.slice(0, all.indexOf(chosen)) : all;
  for (const other of others) {
    for (const part of ['rank', 'ranks'] as const) {
      const [mine, theirs] = [chosen.sighting[part], other.sighting[part]];
      if (flags[part] !== undefined || theirs === undefined || mine === theirs) continue;
      const said = (of: Seen): string => `${of.scheduler.name} (${of.variables.join(' ')})`;
      throw new UsageError(
        `launch: variables contradict each other: by ${said(chosen)} the ${part === 'rank' ? 'rank is' : 'ranks are'} ${mine}, by ${said(other)} ${theirs}; unset those that are wrong, or give --rank and --ranks`,
      );
    }
  }
}

function halfPresent(all: readonly Seen[], flags: PlaceFlags): UsageError {
  const faulty = all.find(({ sighting }) => sighting.fault !== undefined);
  if (faulty) {
    return new UsageError(
      `launch: ${faulty.scheduler.name}: ${faulty.sighting.fault}; or give --rank and --ranks`,
    );
  }
  const [half] = all;
  if (half) {
    const { scheduler, sighting, variables } = half;
    const lacksRank = (flags.rank ?? sighting.rank) === undefined;
    const missing = lacksRank ? scheduler.needs.rank : scheduler.needs.ranks;
    return new UsageError(
      `launch: ${variables.join(' ')} is there, and ${missing} is not (${scheduler.name}); set it, or give ${lacksRank ? '--rank' : '--ranks'}`,
    );
  }
  if (flags.rank !== undefined || flags.ranks !== undefined) {
    const [given, other] = flags.rank !== undefined ? ['rank', 'ranks'] : ['ranks', 'rank'];
    return new UsageError(`launch: --${given} is given, and nothing says --${other}; give it, too`);
  }
  const known = SCHEDULERS.map(
    ({ name, needs }) => `${needs.rank} and ${needs.ranks} (${name})`,
  ).join(', ');
  return new UsageError(
    `launch: nobody says which rank this is; expected ${known}, or --rank and --ranks. One process alone: --rank 0 --ranks 1, or lockstep train`,
  );
}

function checkRange(rank: number, ranks: number, chosen: Seen | undefined): void {
  const where = chosen ? ` (${chosen.scheduler.name}: ${chosen.variables.join(' ')})` : '';
  if (ranks < 1 || ranks > MAX_RANKS) {
    throw new UsageError(`launch: there are ${ranks} ranks; expected 1 to ${MAX_RANKS}${where}`);
  }
  if (rank < ranks) return;
  throw new UsageError(
    `launch: rank ${rank} of ${ranks} ranks; expected 0 to ${ranks - 1}${where}`,
  );
}

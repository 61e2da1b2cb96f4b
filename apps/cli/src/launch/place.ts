// Which rank this process is, and where ranks meet: flags, variables of all schedulers and a few that are nobody's own come to one
// answer, or to an error that says what is missing or contradicts. Pure.
// Invariant: every rank of a launch comes to the same place to meet; nothing here asks the machine.
import { UsageError } from '../errors.js';
import { type Meeting, type MeetingFlags, meetingOf } from './meeting.js';
import { SCHEDULERS } from './schedulers/list.js';
import {
  type Environment,
  type NumberName,
  type Seen,
  type Sighting,
  Variables,
} from './schedulers/scheduler.js';

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
  checkRanks({ rank, ranks }, chosen, flags);
  const { localRank, restarts, ...spread } = spreadOf({ rank, ranks }, chosen, hasBoth);
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
    const variables = new Variables(env, '--rank and --ranks');
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

/** Launchers around one that starts ranks of its own do not count; all else must agree, as far as it goes. */
function refuseContradiction(chosen: Seen, all: readonly Seen[], flags: PlaceFlags): void {
  const { outranks } = chosen.sighting;
  for (const [i, other] of all.entries()) {
    const isAround = i > all.indexOf(chosen);
    if (isAround && outranks === 'everybody') continue;
    if (isAround && outranks !== undefined && other.sighting.outranks !== undefined) continue;
    for (const part of ['rank', 'ranks'] as const) {
      const [mine, theirs] = [chosen.sighting[part], other.sighting[part]];
      if (flags[part] !== undefined || theirs === undefined || mine === theirs) continue;
      throw new UsageError(
        `launch: variables contradict each other: by ${told(chosen, part)} (${chosen.scheduler.name}) the ${part === 'rank' ? 'rank is' : 'ranks are'} ${mine}, by ${told(other, part)} (${other.scheduler.name}) ${theirs}; unset those that are wrong, or give --rank and --ranks`,
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
    const [missing] = scheduler.variables[lacksRank ? 'rank' : 'ranks'];
    return new UsageError(
      `launch: ${variables.join(' ')} is there, and ${missing} is not (${scheduler.name}); set it, or give ${lacksRank ? '--rank' : '--ranks'}`,
    );
  }
  if (flags.rank !== undefined || flags.ranks !== undefined) {
    const [given, other] = flags.rank !== undefined ? ['rank', 'ranks'] : ['ranks', 'rank'];
    return new UsageError(`launch: --${given} is given, and nothing says --${other}; give it, too`);
  }
  const known = SCHEDULERS.map(
    ({ name, variables: { rank, ranks } }) => `${rank[0]} and ${ranks[0]} (${name})`,
  ).join(', ');
  return new UsageError(
    `launch: nobody says which rank this is; expected ${known}, or --rank and --ranks. One process alone: --rank 0 --ranks 1, or lockstep train`,
  );
}

/** @throws UsageError if there is no such rank, naming what says it */
function checkRanks(
  { rank, ranks }: Pick<Place, 'rank' | 'ranks'>,
  chosen: Seen | undefined,
  flags: PlaceFlags,
): void {
  const said = (part: 'rank' | 'ranks', value: number): string =>
    flags[part] === undefined && chosen ? told(chosen, part) : `--${part} ${value}`;
  if (ranks < 1 || ranks > MAX_RANKS) {
    throw new UsageError(`launch: ${said('ranks', ranks)}: expected 1 to ${MAX_RANKS} ranks`);
  }
  if (rank < ranks) return;
  throw new UsageError(
    `launch: ${said('rank', rank)}: expected 0 to ${ranks - 1}, by ${said('ranks', ranks)}`,
  );
}

/**
 * How ranks are spread over machines, where the same is said of the ranks: what flags say else leaves nothing of it.
 *
 * @param isCertain whether flags say it all: what variables say wrongly is left out then
 * @throws UsageError if the numbers do not go together, naming what says them
 */
function spreadOf(
  { rank, ranks }: Pick<Place, 'rank' | 'ranks'>,
  chosen: Seen | undefined,
  isCertain: boolean,
): Omit<Sighting, 'rank' | 'ranks'> {
  if (!chosen) return NOTHING;
  const { sighting } = chosen;
  const agrees = rank === (sighting.rank ?? rank) && ranks === (sighting.ranks ?? ranks);
  if (!agrees) return NOTHING;
  const fault = faultOfSpread(chosen, ranks);
  if (fault === undefined) return sighting;
  if (isCertain) return NOTHING;
  throw new UsageError(`launch: ${fault}; unset it, or give --rank and --ranks`);
}

function faultOfSpread(seen: Seen, ranks: number): string | undefined {
  const { localRank, localRanks } = seen.sighting;
  if (localRanks !== undefined && (localRanks < 1 || localRanks > ranks)) {
    return `${told(seen, 'localRanks')}: expected 1 to ${ranks} ranks on this machine, by ${told(seen, 'ranks')}`;
  }
  if (localRank === undefined || localRank < (localRanks ?? ranks)) return undefined;
  return `${told(seen, 'localRank')}: expected 0 to ${(localRanks ?? ranks) - 1}, by ${told(seen, localRanks === undefined ? 'ranks' : 'localRanks')}`;
}

/** `RANK=1`, or all that was read where the number follows from it. */
function told({ scheduler, variables }: Seen, part: NumberName): string {
  const names = scheduler.variables[part] ?? [];
  const found = variables.find((text) => names.some((name) => text.startsWith(`${name}=`)));
  return found ?? variables.join(' ');
}

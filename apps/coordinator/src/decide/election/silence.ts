// What is made of an etcd that does not answer: when it is told, and when it is waited for no longer. Pure functions of what has
// been heard so far and of times; asking again is the election's (election.ts).
// Invariant: who has heard etcd once waits for ever; who never has, waits for `PATIENCE_MS`.

/** In milliseconds of the election's clock. */
type Time = number;

export interface Silence {
  /** When it was asked first. */
  readonly since: Time;
  readonly hasAnswered: boolean;
  /** What was told last; undefined if nothing was. */
  readonly told: { readonly why: string; readonly at: Time } | undefined;
  /** Between two that say the same. */
  readonly pauseMs: number;
}

/** An etcd that has never been heard is waited for so long: it may be that it only begins. */
export const PATIENCE_MS = 30_000;
/** The same is told again after this, then after twice as long, and so on. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;
/** Something else is told after this: members may fail by turns. */
const CHANGE_MS = 5000;

export function silenceFrom(now: Time): Silence {
  return { since: now, hasAnswered: false, told: undefined, pauseMs: FIRST_PAUSE_MS };
}

/** One that comes and goes is told no more often for that. */
export function answered(silence: Silence): Silence {
  return { ...silence, hasAnswered: true, pauseMs: FIRST_PAUSE_MS };
}

export interface Unanswered {
  readonly silence: Silence;
  readonly isTold: boolean;
  /** Whether nobody is to wait any longer. */
  readonly isGivenUp: boolean;
}

/** @param why etcd did not answer, in words */
export function unanswered(silence: Silence, why: string, now: Time): Unanswered {
  const { since, hasAnswered, told, pauseMs } = silence;
  const isGivenUp = !hasAnswered && now - since >= PATIENCE_MS;
  const isSame = told?.why === why;
  const isTold = !isGivenUp && (!told || now - told.at >= (isSame ? pauseMs : CHANGE_MS));
  if (!isTold) return { silence, isTold, isGivenUp };
  const nextMs = isSame ? Math.min(2 * pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  return {
    silence: { ...silence, told: { why, at: now }, pauseMs: nextMs },
    ...{ isTold, isGivenUp },
  };
}

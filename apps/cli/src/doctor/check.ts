// What a check is: one thing about this machine that a run depends on, a file each in checks/. It says what is so, whether that
// is well, and what to do about it.
// Invariant: a check changes nothing, and what it looks at is apart from how it is judged, so that every finding can be tested
// on any machine.
import type { Finding } from '@lockstep/worker';

export type { Finding } from '@lockstep/worker';

/** A finding, without which check it is of. */
export type Judgement = Omit<Finding, 'id' | 'title'>;

/** Where and for whom it is looked. */
export interface Place {
  /** The working folder. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  now(): Date;
  /** Aborts a little before the check's time is over: then it tells what it has. */
  readonly signal: AbortSignal;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  /** What it throws is a problem, too. */
  look(place: Place): Judgement | Promise<Judgement>;
}

export function ok(found: string): Judgement {
  return { status: 'ok', found };
}

export function note(found: string, advice?: string): Judgement {
  return { status: 'note', found, ...(advice !== undefined && { advice }) };
}

export function problem(found: string, advice?: string): Judgement {
  return { status: 'problem', found, ...(advice !== undefined && { advice }) };
}

const WORST_FIRST = ['problem', 'note', 'ok'] as const;

/** One judgement of several: as bad as the worst of them, which are told first. @param judgements at least one */
export function together(...judgements: readonly Judgement[]): Judgement {
  const sorted = WORST_FIRST.flatMap((status) => judgements.filter((one) => one.status === status));
  const advice = sorted.flatMap((one) => one.advice ?? []);
  return {
    status: sorted[0]!.status,
    found: sorted.map(({ found }) => found).join('; '),
    ...(advice.length > 0 && { advice: advice.join('; ') }),
  };
}

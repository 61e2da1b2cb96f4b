// Where a run on a cluster stands, and what its time went to. Time for which nobody computes, since workers are waited for or a
// generation forms, is none of the run's.
import type { Standing } from '@lockstep/trainer';
import type { State } from '../decide/membership/state/state.js';

/** Time in which a run's state is evaluated or saved, by the phases that it is seen in. */
export class BesidesTraining {
  #ms = 0;
  #since: number | undefined;

  /** After each event. @param now milliseconds of a clock that never goes back */
  see({ phase }: State, now: number): void {
    this.#ms = this.at(now);
    const isAtIt = phase.name === 'saving' || (phase.name === 'running' && phase.trained !== null);
    this.#since = isAtIt ? now : undefined;
  }

  at(now: number): number {
    return this.#since === undefined ? this.#ms : this.#ms + now - this.#since;
  }
}

/** @param besidesMs of evaluations and checkpoints so far */
export function standingOf(
  { members, committed, trainingMs }: State,
  besidesMs: number,
  waitsFor: string | undefined,
): Standing {
  const told = members.flatMap(({ progress }) => (progress ? [progress] : []));
  const newest = told.sort((a, b) => b.step - a.step)[0];
  const workingMs = trainingMs + besidesMs;
  return { step: committed, loss: newest?.loss, trainingMs, workingMs, waitsFor };
}

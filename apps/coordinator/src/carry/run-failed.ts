// The error that a run on many machines ends with when it does not finish: why, what is saved, and how to go on. Whoever
// shows it in other words than the library's takes `why` and says the rest themselves.
import { LockstepError } from '@lockstep/core';
import { toErrorCode } from '@lockstep/errors';
import type { Outcome } from '../decide/membership/state/phase.js';

type Failure = Extract<Outcome, { type: 'failed' }>;

/** Ends after which the same run would only come to the same end. */
const FINAL: ReadonlySet<string> = new Set(['non-finite']);

/** The run has ended without a result; the code says why. */
export class RunFailedError extends LockstepError {
  /** What is wrong, and what of the run is saved. */
  readonly why: string;
  /** The run's folder, if going on with it is of use. */
  readonly out: string | undefined;

  /** @param out the run's folder, if it has one */
  constructor(failure: Failure, out: string | undefined, options?: ErrorOptions) {
    const { code, message } = failure;
    const why = `${message}. ${describeSaved(failure, out)}`;
    const goesOn = out !== undefined && !FINAL.has(code);
    super(
      toErrorCode(code),
      goesOn ? `${why}; go on with resumeCoordinated({ out: ${JSON.stringify(out)}, … })` : why,
      options,
    );
    this.why = why;
    this.out = goesOn ? out : undefined;
  }
}

/** What is kept of the run, and why not all: nobody is to find out only later. */
export function describeSaved(
  { code, saved, committed }: Pick<Failure, 'code' | 'saved' | 'committed'>,
  out: string | undefined,
): string {
  if (out === undefined) return 'Nothing is saved: the run has no folder';
  if (committed <= saved) {
    return saved > 0 ? `Step ${saved} is saved, the newest there was` : 'No step was lost';
  }
  const lost = committed === saved + 1 ? `step ${committed}` : `steps ${saved + 1} to ${committed}`;
  return `The checkpoint of step ${saved} is the last one; ${lost} cannot be saved: ${WHY_NOT[code] ?? GONE}`;
}

const GONE = 'no worker that is connected holds them';
const WHY_NOT: Readonly<Record<string, string>> = {
  disk: 'the disk takes no checkpoint. The workers keep what they hold and wait for the run to go on',
  journal:
    'nothing is saved that cannot be journalled. The workers keep what they hold and wait for the run to go on',
  divergence: 'it is not known which worker holds the right ones',
};

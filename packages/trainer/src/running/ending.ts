// How a run ended, as its events say: it came to its end, it failed, or it was stopped. A run that goes on, and one that was
// killed, say nothing of it.
// Invariant: an end counts until the run is taken up once more.
import { LockstepError } from '@lockstep/errors';
import type { ClusterEvent, ErrorEvent, InterruptedEvent, RunEndEvent } from './events.js';
import { timeNow } from './run-report.js';

export type Ending = RunEndEvent | ErrorEvent | InterruptedEvent;

/** @returns undefined where no end is on record: it goes on, or was killed */
export function endingOf(events: Iterable<ClusterEvent>): Ending | undefined {
  let ending: Ending | undefined;
  for (const event of events) {
    switch (event.event) {
      case 'run-end':
      case 'error':
      case 'interrupted':
        ending = event;
        break;
      // A coordinator listens before there is anybody to compute.
      case 'run-start':
      case 'listening':
        ending = undefined;
    }
  }
  return ending;
}

/** Of the errors that ended runs, what was recorded of them. */
const failures = new WeakMap<Error, ErrorEvent>();

/**
 * @param step so many had been taken
 * @param message in words, where the error's own are for whoever called
 */
export function recordFailure(
  error: unknown,
  step: number | undefined,
  message = error instanceof Error ? error.message : String(error),
): ErrorEvent {
  const code = error instanceof LockstepError ? error.code : 'internal';
  const event = { event: 'error', time: timeNow(), code, message, step } as const;
  if (error instanceof Error) failures.set(error, event);
  return event;
}

/** What a run recorded of the error that ended it, or of the error below it; undefined for one that ended none. */
export function failureOf(error: unknown): ErrorEvent | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const failure = failures.get(one);
    if (failure) return failure;
  }
  return undefined;
}

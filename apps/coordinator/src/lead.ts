// What makes a coordinator the one that leads, where there are several: it asks before each thing that it does.
import { LockstepError } from '@lockstep/errors';

/** Somebody else leads, or may. Nothing is done after it: no record, no message, no checkpoint. */
export class FencedError extends LockstepError {
  constructor(why: string) {
    super(
      'fenced',
      `coordinator: it leads no longer: ${why}. Another coordinator goes on with the run, or will; this one has stopped without another word`,
    );
  }
}

/** What its holder may lead by, as long as nobody else does. */
export interface Lead {
  /** Of all that ever led, the newest has the highest: a whole number from 1 that fits 32 bits. */
  readonly fence: number;
  /** @throws FencedError if somebody else may lead by now */
  check(): void;
}

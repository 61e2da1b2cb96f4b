// Whether a run goes on here: what is asked of one that does not is refused in words.
import { ConfigError } from '@lockstep/core';

/** @throws ConfigError if the run has not begun, or is over */
export function checkGoesOn(operation: string, hasBegun: boolean, isOver: boolean): void {
  if (!hasBegun) {
    throw new ConfigError(
      `${operation}: the run has not begun; iterate it, and wait until it listens`,
    );
  }
  if (!isOver) return;
  throw new ConfigError(
    `${operation}: the run is over here, and nobody would answer; resumeCoordinated goes on with one that was stopped`,
  );
}

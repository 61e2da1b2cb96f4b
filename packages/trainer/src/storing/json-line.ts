// An event as one line of JSON.
// Invariant: JSON has no word for NaN and the infinities and writes null, which readers take for “there is none”; so a number
// that is not finite is an error here, wherever it comes from.
import { LockstepError } from '@lockstep/core';

/** @throws LockstepError (code `internal`) if a number in it is not finite */
export function jsonLine(event: object): string {
  const json = JSON.stringify(event, (key, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new LockstepError('internal', `event: ${key} is ${value}, which JSON cannot say`);
    }
    return value;
  });
  return `${json}\n`;
}

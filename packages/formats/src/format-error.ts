// The one error of this package: bytes that are not what their format says, or values that cannot be
// written in it. It knows no file names: whoever read the bytes adds them.
import { LockstepError } from '@lockstep/errors';

/** Bytes are not a valid file of the format, or a value cannot be written in it. */
export class FormatError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('format', message, options);
  }
}

/** A name for a message: quoted, and cut short, since a file may hold names of megabytes. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

// The one error that bytes or values at the network's edge can cause, and how a stranger's value is shown in it.
// Invariant: what a peer sent reaches a message only shortened and printable.
import { LockstepError } from '@lockstep/errors';

/** What arrived, or was about to be sent, is not what the protocol allows. Reads `wire: what; expected and got`. */
export class WireError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('wire', `wire: ${message}`, options);
  }
}

const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;
const SHOWN = 40;

/**
 * Text that a message may carry and a terminal may show: control and format characters and lone surrogates become spaces, and what is
 * longer than `most` UTF-16 units is cut with an ellipsis.
 */
export function printable(text: string, most: number): string {
  if (text.length <= most) return text.replace(UNPRINTABLE, ' ');
  return `${text.slice(0, most - 1).replace(UNPRINTABLE, ' ')}…`;
}

/** A value from outside, for an error message: short, printable, never expanded. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value, SHOWN)}"`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return printable(String(value), SHOWN);
}

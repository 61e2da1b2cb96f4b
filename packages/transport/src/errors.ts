// Why a link could not be opened. Once a link is open, what ends it is a CloseReason and not an exception.
import { LockstepError } from '@lockstep/errors';

/**
 * - `refused`: the other side answered and does not want us (token, version, fingerprint, certificate, address).
 *   Trying again without a change is pointless.
 * - `unreachable`: nobody answered there, or the server is too busy. Trying again may help.
 * - `timeout`: somebody is there, but said nothing in time.
 * - `protocol`: what answered does not speak this protocol.
 */
export type LinkErrorCode = 'refused' | 'unreachable' | 'timeout' | 'protocol';

export class LinkError extends LockstepError {
  declare readonly code: LinkErrorCode;
  /** What exactly, where the other side said it: `version`, `fingerprint`, `token`, `certificate`, … */
  readonly reason: string | undefined;
  constructor(code: LinkErrorCode, message: string, reason?: string, options?: ErrorOptions) {
    super(code, message, options);
    this.reason = reason;
  }
}

/** A listener that would be unsafe, or whose address cannot be listened on. */
export class ListenError extends LockstepError {
  declare readonly code: 'insecure' | 'address';
  constructor(code: 'insecure' | 'address', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

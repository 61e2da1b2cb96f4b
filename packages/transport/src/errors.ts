// Why a link could not be opened. Once a link is open, what ends it is a CloseReason and not an exception.
import { LockstepError } from '@lockstep/errors';

/**
 * - `refused`: the other side answered and does not want us (token, version, arithmetic, certificate, address).
 *   Trying again without a change is pointless.
 * - `unreachable`: nobody answered there, or the server is too busy. Trying again may help.
 * - `timeout`: somebody is there, but said nothing in time.
 * - `protocol`: what answered does not speak this protocol.
 */
export type LinkErrorCode = 'refused' | 'unreachable' | 'timeout' | 'protocol';

interface LinkErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number | undefined;
}

/** A link could not be opened; the code says whether trying again can help. */
export class LinkError extends LockstepError {
  declare readonly code: LinkErrorCode;
  /** What exactly, where the other side said it: `version`, `arithmetic`, `token`, `certificate`, … */
  readonly reason: string | undefined;
  /** The other side asked not to be dialled again for so long. */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: LinkErrorCode,
    message: string,
    reason?: string,
    options: LinkErrorOptions = {},
  ) {
    super(code, message, options);
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A listener that would be unsafe, or whose address cannot be listened on. */
export class ListenError extends LockstepError {
  declare readonly code: 'insecure' | 'address';
  constructor(code: 'insecure' | 'address', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

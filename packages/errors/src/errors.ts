// The base of all errors, and those that packages which import nothing else of each other share.
// A message reads `operation: what is wrong; expected and got; where; what to do`.
// Checks stand at the boundaries (API, files, wire), not in inner loops.
import type { ErrorCode } from './codes.js';
import { oldNode } from './node-version.js';

// Every package imports this one: an old Node is told what is needed, and not what it stumbles over first.
const tooOld = oldNode();
if (tooOld !== undefined) throw Object.assign(new Error(tooOld), { stack: tooOld });

/** The base of every error that Lockstep throws on purpose; `code` is stable, the message is for people. */
export class LockstepError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A setting is unknown, or out of its range. */
export class ConfigError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('config', message, options);
  }
}

/** A peer sent something that has no place here and now; its link is closed. */
export class ProtocolError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('protocol', message, options);
  }
}

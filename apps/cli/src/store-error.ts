// What goes wrong with an object store, and whether it may go right the next time.
import { LockstepError } from '@lockstep/errors';

export interface StoreErrorOptions extends ErrorOptions {
  /** What the store answered; left out if it did not. */
  readonly status?: number;
  /** Whether it took longer than it may. */
  readonly isLate?: boolean;
  /** Whether what it gave is not what was written there. */
  readonly isDamaged?: boolean;
}

/** Answers of a store that has too much to do just now, by which it refuses nothing. */
const BUSY: readonly number[] = [408, 409, 425, 429];

/** A store cannot be read or written, or what it holds is not what was written. */
export class StoreError extends LockstepError {
  /** What the store answered; undefined if it did not. */
  readonly status: number | undefined;
  readonly isLate: boolean;
  readonly isDamaged: boolean;
  constructor(message: string, options: StoreErrorOptions = {}) {
    super('store', message, options);
    this.status = options.status;
    this.isLate = options.isLate ?? false;
    this.isDamaged = options.isDamaged ?? false;
  }

  /** Whether the store does not want what was asked of it, as with wrong credentials, and will not the next time. */
  get isRefused(): boolean {
    const { status = 0 } = this;
    return status >= 400 && status < 500 && !BUSY.includes(status);
  }
}

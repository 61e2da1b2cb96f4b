// Core's own errors; the base of all is in @lockstep/errors, and exported from here too.
import { LockstepError } from '@lockstep/errors';

export { ConfigError, LockstepError } from '@lockstep/errors';

/** Shapes do not fit together. */
export class ShapeError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('shape', message, options);
  }
}

/** A graph is not valid: unknown operator, cycle, dangling input, absurd size. */
export class GraphError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('graph', message, options);
  }
}

/** A dataset is not what it should be: a damaged file, a label out of range, a wrong length. */
export class DataError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('data', message, options);
  }
}

/** A loss, gradient or parameter became NaN or infinite; the last good state is kept. */
export class NonFiniteError extends LockstepError {
  readonly step: number;
  constructor(step: number, message: string, options?: ErrorOptions) {
    super('non-finite', message, options);
    this.step = step;
  }
}

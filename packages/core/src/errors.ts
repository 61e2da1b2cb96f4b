// Errors with a stable code. A message reads `operation: what is wrong; expected and got; where; what to do`.
// Checks stand at the boundaries (API, files, wire), not in inner loops.

/** The base of every error that Lockstep throws on purpose; `code` is stable, the message is for people. */
export class LockstepError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

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

/** A setting is out of its range. */
export class ConfigError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('config', message, options);
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

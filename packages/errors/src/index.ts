// The ground that every package stands on: one base class of errors, and one way to check option names.
export { ERROR_CODES, type ErrorCode, toErrorCode } from './codes.js';
export { ConfigError, LockstepError, ProtocolError } from './errors.js';
export { nearestName } from './nearest-name.js';
export { checkOptions, type OptionNames } from './options.js';

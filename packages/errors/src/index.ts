// The ground that every package stands on: one base class of errors, and one way to check what people hand in.
import './platform-types.js';

export { ERROR_CODES, type ErrorCode, toErrorCode } from './codes.js';
export { ConfigError, LockstepError, ProtocolError } from './errors.js';
export { nearestName } from './nearest-name.js';
export { checkOptions, type NoOptions, type OptionNames } from './options.js';
export { inPlace } from './place.js';
export {
  describeValue,
  type NumberRange,
  requireBoolean,
  requireCallback,
  requireChoice,
  requireInteger,
  requireKind,
  requireNumber,
  requireSignal,
  requireText,
} from './values.js';

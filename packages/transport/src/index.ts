export { anyAddress, hostProblem, localAddressTowards } from './addresses.js';
export { DEFAULT_HEARTBEAT_MS, type DialOptions, type DialTls, dial } from './dial.js';
export { LinkError, type LinkErrorCode, ListenError } from './errors.js';
export type { CloseReason, Link, LinkHandlers, Remote } from './link.js';
export {
  checkAddress,
  exposure,
  type Listener,
  type ListenOptions,
  type ListenTls,
  listen,
} from './listen.js';
export { type MemoryPairOptions, memoryPair } from './memory.js';
export { urlProblem } from './target.js';
export { tlsProblem } from './tls-problem.js';

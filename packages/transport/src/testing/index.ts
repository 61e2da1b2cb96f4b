export { type TestCertificates, testCertificates } from './certificates.js';
export { HttpProxy, type HttpProxyOptions } from './http-proxy.js';
export {
  type ByteFault,
  type Direction,
  type FaultProxy,
  type ProxiedConnection,
  startProxy,
} from './proxy.js';
export { connectRogue, connectStranger, masked, Rogue, type RogueOptions } from './rogue.js';

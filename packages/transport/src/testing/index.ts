export { type TestCertificates, testCertificates } from './certificates.js';
export {
  type ByteFault,
  type Direction,
  type FaultProxy,
  type ProxiedConnection,
  startProxy,
} from './proxy.js';

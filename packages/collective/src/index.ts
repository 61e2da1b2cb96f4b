export { BARRIER_WORDS, Barrier } from './barrier.js';
export {
  COORDINATOR,
  chunksOf,
  Exchange,
  type ExchangeMemory,
  type ExchangeSetting,
  type ExchangeTopology,
  exchangeBytes,
  largestMessage,
  type Outgoing,
  sentBytes,
} from './exchange.js';
export { StarHub } from './star-hub.js';

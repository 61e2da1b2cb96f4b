export { BARRIER_WORDS, Barrier } from './barrier.js';
export { alignedBlocks, type Block, bucketsOf, type JoinedBlocks, joinBlocks } from './blocks.js';
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
export { partition, type Range } from './partition.js';
export { StarHub } from './star-hub.js';
export { type HeldBlock, sumTree, type TreeSum } from './tree.js';

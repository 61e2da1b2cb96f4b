export { BARRIER_WORDS, Barrier } from './barrier.js';
export { partition, type Range } from './partition.js';
export { type HeldBlock, sumTree, type TreeSum } from './tree.js';

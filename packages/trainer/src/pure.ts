// What needs nothing of Node: the package as a page gets it, by the condition `browser` of its exports.
// Invariant: nothing here reaches a Node API. In Node the index gives all of it, and threads, folders and files besides.
export { adaptively } from './computing/adaptive-choice.js';
export { Engine } from './computing/engine.js';
export type { Assignment, EngineOptions, OnBlocks } from './computing/engine-options.js';
export { InlineCompute } from './computing/inline-compute.js';
export type { MakeCompute } from './computing/shard-compute.js';
export type { ThreadChange } from './computing/thread-choice.js';
export { Followed } from './running/followed.js';
export { WorkQueue } from './running/work-queue.js';
export { validateRunConfig } from './storing/run-config.js';

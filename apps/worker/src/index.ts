// What the package offers: joining a run, and the node for whoever carries it in another world than sockets.
export { type Connect, type FailedAttempt, inWords } from './carry/coordinator-link.js';
export type { WorkerEvent, WorkerStatus, WorkResult } from './carry/worker-event.js';
export { WorkerRun } from './carry/worker-run.js';
export { type NodePhase, type NodeStatus, type WorkerIdentity, WorkerNode } from './decide/node.js';
export type {
  Assignment,
  EngineView,
  NodeEvent,
  NodeExchange,
  NodeReport,
  Operation,
  Outcome,
  WorkerEffect,
} from './decide/protocol.js';
export { work } from './work.js';
export type { WorkOptions } from './work-options.js';

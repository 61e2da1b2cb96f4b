// What the package offers: joining a run, looking at the way to one, and its decisions for whoever carries them out in another
// world than sockets.

export type { Finding } from '@lockstep/transport';
export { type Connect, type FailedAttempt, inWords } from './carry/coordinator-link.js';
export { type KeptArrays, keptArrays } from './carry/kept-arrays.js';
export type { WorkOptions } from './carry/work-options.js';
export type { WorkerEvent, WorkerStatus, WorkResult } from './carry/worker-event.js';
export { WorkerRun } from './carry/worker-run.js';
export type {
  EngineView,
  ExchangeView,
  Exit,
  Operation,
  WorkerEffect,
  WorkerInput,
  WorkerNotice,
} from './decide/border.js';
export type { WorkerIdentity, WorkerPhase, WorkerStanding } from './decide/standing.js';
export { Worker } from './decide/worker.js';
export { type ExamineOptions, examine } from './examine.js';
export { work } from './work.js';

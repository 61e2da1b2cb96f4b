export { tlsProblem } from '@lockstep/transport';
export { ClusterRun, type WorkerStatus } from './cluster-run.js';
export { coordinate, resumeCoordinated } from './coordinate.js';
export { JournalError } from './journal.js';
export { type CoordinatorOptions, networkOptions } from './network-options.js';
export { RunFailedError } from './run-failed.js';

export {
  certificateWarning,
  hostAndPort,
  pageAddress,
  tlsProblem,
  unixSockets,
  webSockets,
} from '@lockstep/transport';
export { ClusterRun } from './carry/cluster-run.js';
export { JournalError } from './carry/journal.js';
export { journalledSteps } from './carry/journalled-steps.js';
export { RunFailedError } from './carry/run-failed.js';
export type { WorkerStatus } from './carry/worker-status.js';
export { coordinate, resumeCoordinated } from './coordinate.js';
export { type CoordinatorOptions, networkOptions } from './network-options.js';

export {
  certificateWarning,
  hostAndPort,
  isElectionName,
  type LeaderNote,
  leaderUrl,
  mpiSockets,
  pageAddress,
  tlsProblem,
  unixSockets,
  webSockets,
} from '@lockstep/transport';
export { Candidate, type CandidateOptions } from './carry/candidate.js';
export { ClusterRun } from './carry/cluster-run.js';
export { JournalError } from './carry/journal.js';
export { journalledSteps } from './carry/journalled-steps.js';
export { markMoved } from './carry/moved.js';
export { RunFailedError } from './carry/run-failed.js';
export type { WorkerStatus } from './carry/worker-status.js';
export { coordinate, resumeCoordinated } from './coordinate.js';
export { FencedError, type Lead } from './lead.js';
export { type CoordinatorOptions, networkOptions } from './network-options.js';

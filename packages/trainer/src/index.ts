export {
  type Checkpoint,
  CheckpointError,
  CheckpointStore,
  type RefusedCheckpoint,
} from './checkpoint-store.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export type {
  CheckpointEvent,
  EpochEndEvent,
  ErrorEvent,
  Progress,
  RecoveredEvent,
  RunEndEvent,
  RunStartEvent,
  TrainEvent,
  WorkerLostEvent,
} from './events.js';
export type { Fault } from './fault.js';
export {
  chromeTrace,
  type ProfileEntry,
  type ProfileSpan,
  profileTable,
  type ThreadProfile,
} from './profile.js';
export { loadRunWeights, type RunRecord, readRun, readWeights } from './run-folder.js';
export { type ResumeOptions, resume, type TrainOptions, train } from './train.js';
export { type TrainData, TrainingRun, type TrainResult } from './training-run.js';

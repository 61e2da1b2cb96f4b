export { type AvailableThreads, availableThreads, describeThreads } from './available-threads.js';
export { begin, toBegin } from './begun.js';
export {
  type Checkpoint,
  CheckpointError,
  CheckpointStore,
  type RefusedCheckpoint,
} from './checkpoint-store.js';
export { MAX_THREADS } from './engine.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.js';
export { EventQueue } from './event-queue.js';
export type {
  CheckpointEvent,
  ClusterEvent,
  EpochEndEvent,
  ErrorEvent,
  FallbackEvent,
  GenerationEvent,
  ListeningEvent,
  Progress,
  RecoveredEvent,
  RedealEvent,
  RunEndEvent,
  RunStartEvent,
  TrainEvent,
  WarningEvent,
  WithoutShardsEvent,
  WorkerJoinedEvent,
  WorkerLostEvent,
} from './events.js';
export type { Fault } from './fault.js';
export { jsonLine } from './json-line.js';
export {
  NEW_RUN_OPTIONS,
  type NewRunOptions,
  OLD_RUN_OPTIONS,
  type OldRunOptions,
  type PreparedData,
  type PreparedRun,
  prepareResume,
  prepareRun,
  type TrainData,
} from './prepare-run.js';
export {
  chromeTrace,
  type ProfileEntry,
  type ProfileSpan,
  profileTable,
  type ThreadProfile,
} from './profile.js';
export { validateRunConfig } from './run-config.js';
export { loadRunWeights, RunFolder, type RunRecord, readRun } from './run-folder.js';
export { InlineCompute, type MakeCompute, ThreadedCompute } from './shard-compute.js';
export {
  type Assignment,
  type OnBlocks,
  ShardEngine,
  type ShardEngineOptions,
} from './shard-engine.js';
export { checkParameterNames, fromCheckpoint, type Snapshot, toCheckpoint } from './snapshot.js';
export { setThreadFile } from './thread-file.js';
export { type ResumeOptions, resume, type TrainOptions, train } from './train.js';
export { TrainingRun, type TrainResult } from './training-run.js';
export { loadWeights, readWeights, type Weights } from './weights-file.js';

export { adaptively } from './computing/adaptive-choice.js';
export { Engine } from './computing/engine.js';
export type { Assignment, EngineOptions, OnBlocks, Seen } from './computing/engine-options.js';
export type { Fault } from './computing/fault.js';
export { InlineCompute } from './computing/inline-compute.js';
export type { ThreadLane } from './computing/lanes.js';
export {
  chromeTrace,
  type ProfileEntry,
  type ProfileSpan,
  profileTable,
  type ThreadProfile,
} from './computing/profile.js';
export type { MakeCompute } from './computing/shard-compute.js';
export type { ThreadChange, ThreadChoice, ThreadChoosing } from './computing/thread-choice.js';
export { setThreadFile } from './computing/thread-file.js';
export { ThreadedCompute } from './computing/threaded-compute.js';
export { tryThreads } from './computing/try-threads.js';
export type { Comparison } from './replaying/comparison.js';
export {
  type Evidence,
  type MoreEvidence,
  type RecordFault,
  readEvidence,
  readMetricsFaults,
  valueWords,
} from './replaying/evidence.js';
export { heldDifferences } from './replaying/held-differences.js';
export {
  endsContradict,
  haveSameStates,
  type KnownParting,
  knownParting,
  type RecordedParting,
} from './replaying/known-parting.js';
export { findParting, type Parting, type Side } from './replaying/parting.js';
export {
  openReplay,
  type Replayed,
  type ReplayOptions,
  type RunReplay,
} from './replaying/run-replay.js';
export { type SettingDifference, settingDifferences } from './replaying/setting-differences.js';
export type { GivenParameters } from './replaying/starts.js';
export { Answers } from './running/answers.js';
export { type AvailableMemory, availableMemory } from './running/available-memory.js';
export {
  type AvailableThreads,
  availableThreads,
  describeThreads,
  MAX_THREADS,
} from './running/available-threads.js';
export { toBegin } from './running/begun.js';
export { checkRunData, OtherDataError } from './running/begun-run.js';
export type { Computing, Held, Opening, Telling } from './running/computing.js';
export { type Ending, endingOf, failureOf } from './running/ending.js';
export {
  type EvaluateOptions,
  type EvaluateTrainedOptions,
  type Evaluation,
  evaluate,
} from './running/evaluate.js';
export type {
  CheckpointEvent,
  ClusterEvent,
  EpochEndEvent,
  ErrorEvent,
  FallbackEvent,
  GenerationEvent,
  InterruptedEvent,
  ListeningEvent,
  Progress,
  RecoveredEvent,
  RedealEvent,
  RunEndEvent,
  RunStartEvent,
  ThreadsEvent,
  TrainEvent,
  WarningEvent,
  WithoutShardsEvent,
  WorkerJoinedEvent,
  WorkerLostEvent,
} from './running/events.js';
export { Followed } from './running/followed.js';
export { Judging } from './running/judging.js';
export { type PredictAllOptions, predictAll } from './running/predict-all.js';
export {
  NEW_RUN_OPTIONS,
  type NewRunOptions,
  OLD_RUN_OPTIONS,
  type OldRunOptions,
  type PreparedRun,
  prepareResume,
  prepareRun,
  type WatchOptions,
} from './running/prepare-run.js';
export { Run, type RunView, type TrainResult } from './running/run.js';
export {
  BACKEND_OPTIONS,
  type BackendOptions,
  KERNELS,
  type KernelsChoice,
  runBackend,
  whyNotNative,
  wrongKernel,
} from './running/run-backend.js';
export {
  type Ended,
  type Evaluated,
  type RunReport,
  type Standing,
  timeNow,
} from './running/run-report.js';
export { saveState } from './running/save-state.js';
export { isHashed, type StepRecord } from './running/step-records.js';
export { type ResumeOptions, resume, type TrainOptions, train } from './running/train.js';
export { TrainingRun } from './running/training-run.js';
export { WorkQueue } from './running/work-queue.js';
export { type Checkpoint, CheckpointError } from './storing/checkpoint-file.js';
export { CheckpointStore, type RefusedCheckpoint } from './storing/checkpoint-store.js';
export { type ClaimHolder, ClaimWatch } from './storing/claim-watch.js';
export { type Contents, readContents, type TensorEntry } from './storing/contents.js';
export { writeDurably } from './storing/durable-file.js';
export { jsonLine } from './storing/json-line.js';
export { loadModel, saveModel } from './storing/load-model.js';
export { type MetadataDifference, metadataDifferences } from './storing/metadata-differences.js';
export { validateRunConfig } from './storing/run-config.js';
export {
  loadRunWeights,
  RunFolder,
  type RunRecord,
  readRecord,
  readRun,
} from './storing/run-folder.js';
export {
  checkParameterNames,
  fromCheckpoint,
  type Snapshot,
  toCheckpoint,
} from './storing/snapshot.js';
export { networkAlone, readTensors, type StoredTensors } from './storing/stored-tensors.js';
export { type TensorDifference, tensorDifferences } from './storing/tensor-differences.js';
export { loadWeights, readWeights, type Weights } from './storing/weights-file.js';
export { writeNamedFile } from './storing/written-file.js';

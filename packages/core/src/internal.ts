// The engine's parts, for whoever runs it in another way than `fit`: the trainer, tests, tools.

export {
  augmentationNamed,
  augmentationNames,
  validateAugmentations,
} from './augment/augmentation.js';
export { asksToStop, viewEpoch } from './callbacks.js';
export {
  checkClassNames,
  checkDivisor,
  checkLengths,
  toDataset,
  toInputsOrTokens,
} from './dataset.js';
export { readTraits, recordTraits } from './dataset-record.js';
export { collectSums, comparableData, EVALUATE_OPTIONS, toMetrics } from './evaluate.js';
export { type EvaluationReport, reportEvaluation } from './evaluation/report.js';
export { addChunkSums, type DatasetSums, sumFault } from './evaluation/sums.js';
export { runReference } from './execute/reference.js';
export type { ExportFormat, ExportSettings } from './export/export-format.js';
export { EXPORT_FORMATS } from './export/formats.js';
export { LayerOutputs, type LayerPlace } from './inspecting/layer-outputs.js';
export { lossNamed, lossNames } from './losses/built-in.js';
export { checkTargets } from './losses/check-targets.js';
export { lossWarnings, tellWarnings } from './losses/warnings.js';
export { chooseMetrics, metricNamed, metricNames } from './metrics/built-in.js';
export { MLP_ACTIVATIONS } from './models/mlp.js';
export { joinInputs } from './named-inputs.js';
export { measure, reportedMetrics } from './network/reported-metrics.js';
export { outputAlone, toGraphWithLoss } from './network/to-graph.js';
export { type WeightPictures, weightPictures } from './network/weight-pictures.js';
export { shapeOfSamples, toFloats, toInputs, toLabels } from './numbers.js';
export { sourceOf } from './ops/registry.js';
export { validateGroups } from './optimizers/groups.js';
export { type BuiltInConfig, optimizerNames, optimizerRule } from './optimizers/optimizer.js';
export type { Scalars } from './optimizers/rule.js';
export { isPartName, partsSize } from './parts.js';
export { alignUp } from './plan/arena.js';
export {
  exportParameter,
  importParameter,
  parameterCount,
} from './plan/parameters.js';
export {
  BUFFERS,
  EPOCH_LOSS,
  fromStoredName,
  isOptimizers,
  PARAMETERS,
  RUNNING_SUMS,
  type StateLayout,
  storedName,
} from './plan/state-layout.js';
export type { SumLayout } from './plan/sum-layout.js';
export { isMissingCell, numberIn, textIn } from './preparation/cells.js';
export { preparedInputNames, wordsOf } from './preparation/preparation.js';
export { requireColumn } from './preparation/rows.js';
export { prepareTargets } from './preparation/targets.js';
export { chooseBackend } from './run/backend.js';
export {
  type Datasets,
  evaluatedNames,
  namedDatasets,
} from './run/datasets.js';
export { EpochOrder } from './run/epoch-order.js';
export { toParameters } from './run/given-parameters.js';
export { heldBlocks } from './run/held-blocks.js';
export { meanGradients } from './run/mean-gradients.js';
export { CONTROL_BYTES } from './run/memory-map.js';
export { nonFiniteError } from './run/non-finite.js';
export { initialBuffers, type NetworkValues, networkValues } from './run/parameter-values.js';
export { Replica } from './run/replica.js';
export {
  type EvaluatedDataset,
  MAX_STEPS,
  planEvaluation,
  planRun,
  type RunConfig,
  type RunPlan,
  redeal,
  stateLayoutOf,
} from './run/run-plan.js';
export { shardWarnings } from './run/shard-warnings.js';
export { startState } from './run/start-from.js';
export {
  decodeFlatState,
  encodeFlatState,
  givenState,
  initialState,
  type RunState,
  readState,
  readSum,
  readTensors,
  valuesOf,
  viewFlatState,
  writeFlatState,
  writeState,
} from './run/state.js';
export {
  type StepBoard,
  type StepPoint,
  Stepper,
  type StepStage,
  type StepWatch,
} from './run/step.js';
export { stepAlone } from './run/step-alone.js';
export { withValidation } from './run/validation.js';
export { checkRunNumbers, RUN_OPTIONS, type RunOptions, runConfig } from './run-options.js';
export { requireResolved } from './schedules/schedule.js';
export { product } from './shape.js';
export { sharedBuffer } from './shared-buffer.js';
export { defaultRule } from './stopping/choose-rule.js';
export { type Judgement, judge, UNJUDGED } from './stopping/judge.js';
export { type Stopped, validateStopRule } from './stopping/stop-rule.js';
export { mergePair, textBytes, textString } from './text/encode.js';
export { pieceEnd } from './text/pieces.js';
export { BYTES, pairKey, UNKNOWN } from './text/tokenizer.js';
export { MAX_VOCABULARY } from './text/validate.js';
export { Inference, type InputLayout } from './trained/inference.js';
export { graphIn, isModel, modelChunks, trainedOnIn } from './trained/model-file.js';
export { toSamples } from './trained/samples.js';
export { toAnswers, toEvaluate } from './trained/trained-model.js';
export { differentiate, evaluation, gradientOutput } from './transform/differentiate.js';

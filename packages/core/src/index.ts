// What somebody who trains with the core package alone uses. The engine's parts are in `@lockstep/core/internal`.

export type { Augmentation } from './augment/augmentation.js';
export { type Crop, crop } from './augment/crop.js';
export { type Erase, erase } from './augment/erase.js';
export { type Flip, flip } from './augment/flip.js';
export { type Noise, noise } from './augment/noise.js';
export { type Rotate, rotate } from './augment/rotate.js';
export { type Shift, shift } from './augment/shift.js';
export type { EpochMetrics, EpochView, OnEpoch, OnStep, StepReport } from './callbacks.js';
export type { Dataset, DatasetInput } from './dataset.js';
export { alignDataset, type DatasetTraits, traitsOf } from './dataset-traits.js';
export {
  ConfigError,
  DataError,
  GraphError,
  LockstepError,
  NonFiniteError,
  ShapeError,
} from './errors.js';
export { type EvaluateOptions, evaluate, type Metrics } from './evaluate.js';
export type { MetricValues } from './evaluation/report.js';
export { exportGraph } from './export/graph.js';
export { exportOnnx, type OnnxOptions } from './export/onnx/export-onnx.js';
export { exportNpz, exportSafetensors } from './export/tensors.js';
export { type FitOptions, type FitResult, fit } from './fit.js';
export type {
  GenerateOptions,
  TextGenerateOptions,
  TokenGenerateOptions,
} from './generate/generate.js';
export type { Graph } from './graph/graph.js';
export type { NameMatch } from './graph/name-match.js';
export {
  biasUniform,
  constant,
  heNormal,
  heUniform,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  uniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializers/initializer.js';
export type { TargetsInput } from './inspecting/batch.js';
export {
  type ForwardInspection,
  type Inspection,
  type InspectOptions,
  inspect,
} from './inspecting/inspect.js';
export type { InspectedTensor } from './inspecting/inspected-tensor.js';
export * from './layers/layers.js';
export { binaryCrossEntropy } from './losses/binary-cross-entropy.js';
export { crossEntropy } from './losses/cross-entropy.js';
export { type HuberLossOptions, huberLoss } from './losses/huber.js';
export { type KlDivLossOptions, klDivLoss } from './losses/kl-div.js';
export { l1Loss } from './losses/l1.js';
export type { Loss, Losses, LossTensors, TargetShape } from './losses/loss.js';
export { meanSquaredError } from './losses/mean-squared-error.js';
export { type MultiMarginLossOptions, multiMarginLoss } from './losses/multi-margin.js';
export { perceptron } from './losses/perceptron.js';
export { type SmoothL1LossOptions, smoothL1Loss } from './losses/smooth-l1.js';
export type { OnWarning } from './losses/warnings.js';
export { weighted } from './losses/weighted.js';
export type { MetricChoice } from './metrics/built-in.js';
export {
  type Better,
  forOutput,
  type Metric,
  type MetricData,
  type MetricSums,
  type MetricValue,
  metric,
} from './metrics/metric.js';
export { topKAccuracy } from './metrics/top-k-accuracy.js';
export { type AttentionOptions, attention } from './model/attention.js';
export { concat, pad, slice, split, squeeze, stack, unsqueeze } from './model/joining.js';
export { type Layer, type Model, Scope, sequential } from './model/model.js';
export { type NamedOutputs, namedModel } from './model/named.js';
export {
  cos,
  pow,
  reciprocal,
  rsqrt,
  sin,
  square,
  std,
  type VarianceOptions,
  variance,
} from './model/powers.js';
export {
  abs,
  clamp,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  min,
  minimum,
  notEqual,
  sign,
  where,
} from './model/selection.js';
export { gather, take } from './model/taking.js';
export {
  add,
  batchMean,
  batchSum,
  broadcast,
  div,
  exp,
  log,
  matmul,
  max,
  mean,
  mul,
  neg,
  type Operand,
  oneHot,
  type ReduceOptions,
  reshape,
  sqrt,
  stopGradient,
  sub,
  sum,
  Tensor,
  transpose,
} from './model/tensor.js';
export { tokenMask } from './model/token-mask.js';
export { type TraceOptions, traceModel } from './model/trace.js';
export type { GptOptions } from './models/gpt.js';
export type { LenetOptions } from './models/lenet.js';
export type { LstmLanguageOptions, LstmOptions, LstmSeriesOptions } from './models/lstm.js';
export type { MlpActivation, MlpOptions } from './models/mlp.js';
export type { MlpMixerOptions } from './models/mlp-mixer.js';
export { models } from './models/models.js';
export type { ResnetOptions } from './models/resnet.js';
export type { NamedInputs } from './named-inputs.js';
export { attachLoss } from './network/attach-loss.js';
export { type LayerSummary, type NetworkSummary, summarize } from './network/summary.js';
export { validateGraph } from './network/validate.js';
export type { NumberSource } from './numbers.js';
export { adam } from './optimizers/adam.js';
export { adamw } from './optimizers/adamw.js';
export {
  type CustomConfig,
  type OptimizerDefinition,
  optimizer,
} from './optimizers/custom/custom.js';
export type { UpdateInputs, UpdateResult } from './optimizers/custom/trace.js';
export type { GroupingOptions, GroupOptions } from './optimizers/groups.js';
export { type OptimizerConfig, validateOptimizer } from './optimizers/optimizer.js';
export { rmsprop } from './optimizers/rmsprop.js';
export { sgd } from './optimizers/sgd.js';
export type { NamedPart } from './parts.js';
export {
  type DrawnPictureRule,
  PICTURE_FITS,
  type PictureFit,
  type PictureRule,
  validatePictureRule,
  type WholePictureRule,
} from './picture-rule.js';
export type { Cell } from './preparation/cells.js';
export {
  type ApplyOptions,
  applyPreparation,
  type PreparedInputs,
} from './preparation/inputs.js';
export type {
  BagOfWordsColumn,
  ClassColumn,
  InputColumn,
  MinMaxColumn,
  NumberColumn,
  OneHotColumn,
  PassThroughColumn,
  Preparation,
  StandardisedColumn,
} from './preparation/preparation.js';
export { isNamedRows, type NamedRow, type NamedRows } from './preparation/rows.js';
export { classNameOf, invertTargets, targetUnits } from './preparation/targets.js';
export { validatePreparation } from './preparation/validate.js';
export { permutation } from './random/permutation.js';
export { STREAM } from './random/streams.js';
export type { RunData } from './run/datasets.js';
export type { ParameterInput, ParametersInput } from './run/given-parameters.js';
export { type NestedNumbers, type NestedParameters, parametersOf } from './run/nested.js';
export {
  initialParameters,
  type Parameters,
  type ParameterValues,
  parameterBytes,
  weightsHash,
} from './run/parameter-values.js';
export {
  type PartialStart,
  type StartFromOptions,
  type StartReport,
  type StartSource,
  startFrom,
} from './run/start-from.js';
export type { ValidationChoice } from './run/validation.js';
export { cosineSchedule } from './schedules/cosine.js';
export { constantSchedule, exponentialSchedule, stepSchedule } from './schedules/decay.js';
export { oneCycleSchedule } from './schedules/one-cycle.js';
export {
  learningRateAt,
  resolveSchedule,
  type Schedule,
  validateSchedule,
} from './schedules/schedule.js';
export { warmupSchedule } from './schedules/warmup.js';
export type { Dim, Shape } from './shape.js';
export {
  type Batch,
  type BatchGradients,
  type StepperOptions,
  stepper,
  type TrainingStepper,
} from './stepper.js';
export type { StopOptions } from './stopping/choose-rule.js';
export type { Stopped, StopRule } from './stopping/stop-rule.js';
export { decodeTokens, type TokenDecoder, tokenDecoder } from './text/decode.js';
export { encodeText, type Tokens } from './text/encode.js';
export {
  type BytePairTokenizer,
  type ByteTokenizer,
  type CharacterTokenizer,
  type Tokenizer,
  vocabularyOf,
} from './text/tokenizer.js';
export { validateTokenizer } from './text/validate.js';
export type { Classification } from './trained/classes.js';
export { type DecodeOptions, decodeModel, encodeModel } from './trained/model-file.js';
export { type PredictOptions, predict } from './trained/predict.js';
export type { InputDataset, SamplesInput } from './trained/samples.js';
export {
  type TrainedEvaluateOptions,
  TrainedModel,
  type TrainedParts,
} from './trained/trained-model.js';

// The layers that are public: a new one is its file and a line here.
export {
  type Activation,
  elu,
  hardswish,
  hardtanh,
  leakyRelu,
  logSoftmax,
  relu,
  relu6,
  sigmoid,
  silu,
  softmax,
  softplus,
  step,
  tanh,
} from './activations.js';
export { adaptiveAvgPool1d, adaptiveAvgPool2d, type OutputSize } from './adaptive-avg-pool.js';
export { type AvgPool1dOptions, type AvgPool2dOptions, avgPool1d, avgPool2d } from './avg-pool.js';
export { type BatchNormOptions, batchNorm1d, batchNorm2d } from './batch-norm.js';
export { type Conv1dOptions, type Conv2dOptions, conv1d, conv2d } from './conv.js';
export {
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  convTranspose1d,
  convTranspose2d,
} from './conv-transpose.js';
export {
  type Convolve2dOptions,
  type ConvolveTransposed2dOptions,
  convolve2d,
  convolveTransposed2d,
} from './convolve.js';
export { dropout } from './dropout.js';
export { type EmbeddingOptions, embedding } from './embedding.js';
export { type FlattenOptions, flatten } from './flatten.js';
export { type GeluOptions, gelu } from './gelu.js';
export { gru } from './gru.js';
export { type LastStepInputs, type LastStepOptions, lastStep } from './last-step.js';
export {
  type GroupNormOptions,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
  type NormalizedShape,
  type RmsNormOptions,
  rmsNorm,
} from './layer-norm.js';
export { type LinearOptions, linear } from './linear.js';
export { lstm } from './lstm.js';
export { type MaxPool1dOptions, type MaxPool2dOptions, maxPool1d, maxPool2d } from './max-pool.js';
export {
  type AttentionCall,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
} from './multi-head-attention.js';
export { type NormalizeOptions, normalize } from './normalize.js';
export {
  constantPad2d,
  type Padding,
  reflectionPad2d,
  replicationPad2d,
  zeroPad2d,
} from './pad-2d.js';
export {
  type PositionalEmbeddingOptions,
  positionalEmbedding,
  type SinusoidalPositionsOptions,
  sinusoidalPositions,
} from './positions.js';
export type {
  RecurrentInputs,
  RecurrentLayer,
  RecurrentOptions,
  RecurrentStates,
} from './recurrent.js';
export { type ResidualOptions, residual } from './residual.js';
export { type RnnOptions, rnn } from './rnn.js';
export { type RotaryEmbeddingOptions, rotaryEmbedding } from './rotary-embedding.js';
export { type SharedLayer, shared } from './shared.js';
export { hardsigmoid, logSigmoid } from './sigmoids.js';
export {
  type DecoderCall,
  transformerDecoder,
  transformerDecoderLayer,
} from './transformer-decoder.js';
export {
  type EncoderCall,
  type TransformerEncoderOptions,
  transformerEncoder,
  transformerEncoderLayer,
} from './transformer-encoder.js';
export type { TransformerActivation, TransformerLayerOptions } from './transformer-parts.js';
export { type UpsampleOptions, upsample } from './upsample.js';

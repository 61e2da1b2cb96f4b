// The list of all operators: a new one is its own file and a line here.
import { abs } from './abs.js';
import { adaptiveAvgPool2d, adaptiveAvgPool2dGrad } from './adaptive-avg-pool-2d.js';
import { add } from './add.js';
import { avgPool2d, avgPool2dGrad } from './avg-pool-2d.js';
import { batchNorm, batchNormGrad, batchNormOwnGrad, batchNormSums } from './batch-norm.js';
import { batchSum } from './batch-sum.js';
import { bceWithLogits } from './bce-with-logits.js';
import { broadcast } from './broadcast.js';
import { clamp, clampGrad, hardtanh, hardtanhGrad } from './clamp.js';
import { equal, greater, greaterEqual, notEqual } from './compare.js';
import { concat } from './concat.js';
import { conv2d, conv2dWeightGrad } from './conv-2d.js';
import { convTranspose2d } from './conv-transpose-2d.js';
import { correctArgmax, correctBinary, correctLabel } from './correct.js';
import { crossAttention, crossAttentionGrad } from './cross-attention.js';
import { crossEntropy, crossEntropyGrad } from './cross-entropy.js';
import { differsFrom } from './differs-from.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { elu, eluGrad } from './elu.js';
import { embedding, embeddingGrad } from './embedding.js';
import { exp } from './exp.js';
import { maximum, minimum } from './extremum.js';
import { gather, gatherGrad, take, takeGrad } from './gather.js';
import { gelu, geluGrad } from './gelu.js';
import { groupNorm, groupNormGrad, groupNormSums } from './group-norm.js';
import { gru, gruGrad } from './gru.js';
import { hardswish, hardswishGrad } from './hardswish.js';
import { leakyRelu, leakyReluGrad } from './leaky-relu.js';
import { log } from './log.js';
import { logSoftmax, logSoftmaxGrad } from './log-softmax.js';
import { lstm, lstmGrad } from './lstm.js';
import { matmul, matmulTransposed } from './matmul.js';
import { max, maxGrad } from './max.js';
import { maxPool2d, maxPool2dGrad } from './max-pool-2d.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { oneHot } from './one-hot.js';
import type { Operator } from './operator.js';
import { pad } from './pad.js';
import { positionCrossEntropy, positionCrossEntropyGrad } from './position-cross-entropy.js';
import { pow } from './pow.js';
import { recordOutput } from './record-output.js';
import { relu, reluGrad } from './relu.js';
import { resample2d, resample2dGrad } from './resample-2d.js';
import { reshape } from './reshape.js';
import { rnn, rnnGrad } from './rnn.js';
import { rotary } from './rotary.js';
import { scanBiasGrad, scanStateGrad, scanWeightGrad } from './scan-grads.js';
import { selfAttention, selfAttentionGrad } from './self-attention.js';
import { shardSize } from './shard-size.js';
import { shardMean, shardVariance } from './shard-statistics.js';
import { sigmoid, sigmoidGrad } from './sigmoid.js';
import { silu, siluGrad } from './silu.js';
import { slice } from './slice.js';
import { softmax, softmaxGrad } from './softmax.js';
import { softplus, softplusGrad } from './softplus.js';
import {
  buffer,
  carried,
  constant,
  constantTensor,
  input,
  labels,
  parameter,
  position,
  scalar,
  target,
  tokens,
  vector,
} from './sources.js';
import { sqrt } from './sqrt.js';
import { step } from './step.js';
import { stopGradient } from './stop-gradient.js';
import { sub } from './sub.js';
import { sum } from './sum.js';
import { tanh, tanhGrad } from './tanh.js';
import { transpose } from './transpose.js';
import { cos, sin } from './trigonometry.js';
import { where } from './where.js';

export const OPERATORS: readonly Operator[] = [
  abs,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dGrad,
  add,
  avgPool2d,
  avgPool2dGrad,
  batchNorm,
  batchNormGrad,
  batchNormOwnGrad,
  batchNormSums,
  batchSum,
  bceWithLogits,
  broadcast,
  buffer,
  clamp,
  clampGrad,
  concat,
  carried,
  constant,
  constantTensor,
  conv2d,
  conv2dWeightGrad,
  convTranspose2d,
  correctArgmax,
  correctBinary,
  correctLabel,
  cos,
  crossAttention,
  crossAttentionGrad,
  crossEntropy,
  crossEntropyGrad,
  differsFrom,
  div,
  dropout,
  embedding,
  embeddingGrad,
  elu,
  eluGrad,
  equal,
  exp,
  gather,
  gatherGrad,
  gelu,
  geluGrad,
  greater,
  greaterEqual,
  groupNorm,
  groupNormGrad,
  groupNormSums,
  gru,
  gruGrad,
  hardswish,
  hardswishGrad,
  hardtanh,
  hardtanhGrad,
  input,
  labels,
  leakyRelu,
  leakyReluGrad,
  log,
  logSoftmax,
  logSoftmaxGrad,
  lstm,
  lstmGrad,
  matmul,
  matmulTransposed,
  max,
  maxGrad,
  maximum,
  maxPool2d,
  maxPool2dGrad,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  pad,
  parameter,
  positionCrossEntropy,
  positionCrossEntropyGrad,
  pow,
  position,
  recordOutput,
  relu,
  reluGrad,
  reshape,
  rotary,
  rnn,
  rnnGrad,
  scalar,
  selfAttention,
  selfAttentionGrad,
  resample2d,
  resample2dGrad,
  shardMean,
  shardSize,
  shardVariance,
  scanBiasGrad,
  scanStateGrad,
  scanWeightGrad,
  sigmoid,
  sigmoidGrad,
  silu,
  siluGrad,
  sin,
  slice,
  softmax,
  softmaxGrad,
  softplus,
  softplusGrad,
  sqrt,
  step,
  stopGradient,
  sub,
  sum,
  take,
  takeGrad,
  tanh,
  tanhGrad,
  target,
  tokens,
  transpose,
  vector,
  where,
];

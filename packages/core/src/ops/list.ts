// The list of all operators: a new one is its own file and a line here.
import { adaptiveAvgPool2d, adaptiveAvgPool2dGrad } from './adaptive-avg-pool-2d.js';
import { add } from './add.js';
import { avgPool2d, avgPool2dGrad } from './avg-pool-2d.js';
import { batchNorm, batchNormGrad, batchNormOwnGrad, batchNormSums } from './batch-norm.js';
import { batchSum } from './batch-sum.js';
import { bceWithLogits } from './bce-with-logits.js';
import { broadcast } from './broadcast.js';
import { concat } from './concat.js';
import { conv2d, conv2dWeightGrad } from './conv-2d.js';
import { convTranspose2d } from './conv-transpose-2d.js';
import { correctArgmax, correctBinary, correctLabel } from './correct.js';
import { crossAttention, crossAttentionGrad } from './cross-attention.js';
import { crossEntropy, crossEntropyGrad } from './cross-entropy.js';
import { differsFrom } from './differs-from.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { embedding, embeddingGrad } from './embedding.js';
import { exp } from './exp.js';
import { gelu, geluGrad } from './gelu.js';
import { groupNorm, groupNormGrad, groupNormSums } from './group-norm.js';
import { gru, gruGrad } from './gru.js';
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
import { slice } from './slice.js';
import { softmax, softmaxGrad } from './softmax.js';
import {
  buffer,
  constant,
  constantTensor,
  input,
  labels,
  parameter,
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

export const OPERATORS: readonly Operator[] = [
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
  concat,
  constant,
  constantTensor,
  conv2d,
  conv2dWeightGrad,
  convTranspose2d,
  correctArgmax,
  correctBinary,
  correctLabel,
  crossAttention,
  crossAttentionGrad,
  crossEntropy,
  crossEntropyGrad,
  differsFrom,
  div,
  dropout,
  embedding,
  embeddingGrad,
  exp,
  gelu,
  geluGrad,
  groupNorm,
  groupNormGrad,
  groupNormSums,
  gru,
  gruGrad,
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
  maxPool2d,
  maxPool2dGrad,
  mul,
  neg,
  oneHot,
  pad,
  parameter,
  positionCrossEntropy,
  positionCrossEntropyGrad,
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
  slice,
  softmax,
  softmaxGrad,
  sqrt,
  step,
  stopGradient,
  sub,
  sum,
  tanh,
  tanhGrad,
  target,
  tokens,
  transpose,
  vector,
];

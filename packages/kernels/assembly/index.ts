// The kernels' exports. What each computes is said once, in src/contract/; the build compares names and types.
// Common rules: pointers are byte addresses aligned to 4, counts are elements, nothing is allocated,
// nothing is written outside the outputs, and an element's bits never depend on its position.
// `@ts-ignore: decorator` stands where AssemblyScript allows a decorator on a function and TypeScript, which
// only editors apply to this folder, does not.
export {
  abs, clamp, clampGrad, cos, elu, eluGrad, hardswish, hardswishGrad, hardtanhGrad, pow, silu, siluGrad, sin,
  softplus, softplusGrad, where,
} from './activations';
export { adam } from './adam';
export { attention, attentionGrad } from './attention';
export { add, copyStrided, div, mul, placeRows, sub } from './broadcast';
export { equal, greater, greaterEqual, maximum, minimum, notEqual } from './compare';
export { convolve, convolveTransposed } from './convolution/convolve';
export { convolveWeights } from './convolution/weights';
export * from './data';
export {
  addInto, bceWithLogits, clipValue, erf, exp, fill, gelu, geluGrad, leakyRelu, leakyReluGrad, log, neg,
  relu, reluGrad, scale, sigmoid, sigmoidGrad, sqrt, step, tanh, tanhGrad,
} from './elementwise';
export * from './embedding';
export * from './gather';
export * from './loss';
export { matmul, matmulBroadcast, packPanels } from './matmul';
export { matmulTransposed, treeMatmulTransposed } from './matmul-transposed';
export { batchNorm, batchNormGrad, batchNormSums, shardMean, shardVariance } from './batch-norm';
export { groupNorm, groupNormGrad, groupNormSums } from './group-norm';
export { adaptiveAvgPool, adaptiveAvgPoolGrad, avgPool, avgPoolGrad } from './avg-pool';
export { maxPool, maxPoolGrad } from './max-pool';
export * from './positions';
export { resample, resampleGrad } from './resample';
export { dropout, philox } from './random';
export { allFinite, max, maxGrad, sum, sumSquares } from './reduce';
export { gru, gruGrad } from './gru';
export { lstm, lstmGrad } from './lstm';
export { rnn, rnnGrad } from './rnn';
export { rmsprop, rmspropMomentum } from './rmsprop';
export { rotary } from './rotary';
export { momentum, sgd } from './sgd';
export { logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from './softmax';
export {
  compressBytes, compressFloats, listColumns, sparseMatmul, treeSparseMatmul,
} from './sparse';
export { average, flushSubnormals } from './update';

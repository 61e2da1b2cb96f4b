// Logarithm of the softmax over the last axis: xᵢ − log Σ e^xⱼ. dx = dy − e^y · Σ dy.
import { exp } from '../math/elementary.js';
import { logSumExp, overLastAxis, rowGradientOperator, rowOperator } from './rows.js';

export const logSoftmax = rowOperator({
  name: 'logSoftmax',
  onnx: overLastAxis('LogSoftmax'),
  values: 'squashed',
  ofOne: 0,
  gradient: ({ builder, output, dOutput }) => builder.add('logSoftmaxGrad', [dOutput, output]),
  row(x, y, start, length) {
    const total = logSumExp(x, start, length);
    for (let i = start; i < start + length; i++) y[i] = x[i]! - total;
  },
});

export const logSoftmaxGrad = rowGradientOperator({
  name: 'logSoftmaxGrad',
  row(dy, y, dx, start, length) {
    let sum = 0;
    for (let i = start; i < start + length; i++) sum += dy[i]!;
    for (let i = start; i < start + length; i++) dx[i] = dy[i]! - exp(y[i]!) * sum;
  },
});

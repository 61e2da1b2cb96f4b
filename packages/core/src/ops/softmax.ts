// Softmax over the last axis: e^xᵢ / Σ e^xⱼ, the maximum subtracted first. dx = y · (dy − Σ dy·y).
// Source: Goodfellow, Bengio, Courville, Deep Learning (2016), §6.2.2.3.
import { exp } from '../math/elementary.js';
import { logSumExp, overLastAxis, rowGradientOperator, rowOperator } from './rows.js';

export const softmax = rowOperator({
  name: 'softmax',
  onnx: overLastAxis('Softmax'),
  values: 'squashed',
  ofOne: 1,
  gradient: ({ builder, output, dOutput }) => builder.add('softmaxGrad', [dOutput, output]),
  row(x, y, start, length) {
    const total = logSumExp(x, start, length);
    for (let i = start; i < start + length; i++) y[i] = exp(x[i]! - total);
  },
});

export const softmaxGrad = rowGradientOperator({
  name: 'softmaxGrad',
  row(dy, y, dx, start, length) {
    let dot = 0;
    for (let i = start; i < start + length; i++) dot += dy[i]! * y[i]!;
    for (let i = start; i < start + length; i++) dx[i] = y[i]! * (dy[i]! - dot);
  },
});

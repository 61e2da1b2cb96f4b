// One pass of a layer over a batch whose samples and upstream gradients are parameters, so that the gradients of the one are the
// layer's towards its input, and those of the other what it gives, in training as it is. Sample i picks row i of each.
import {
  type Layer,
  type Loss,
  matmul,
  mul,
  reshape,
  sum,
  type Tensor,
  zeros,
} from '@lockstep/core';
import type { GoldenTensor } from './golden.js';
import type { OneBatch } from './one-batch.js';

/** The model's output is the loss. */
const IDENTITY: Loss = { name: 'identity', build: (output) => ({ loss: output }) };

/** Its gradients are called `x` and `output`, and as the layer's parameters are. */
export function layerBatch(
  layer: Layer,
  input: GoldenTensor,
  upstream: GoldenTensor,
  parameters: Readonly<Record<string, GoldenTensor>> = {},
): OneBatch {
  const samples = input.shape[0]!;
  const matrix = ({ shape, values }: GoldenTensor): GoldenTensor => ({
    shape: [samples, values.length / shape[0]!],
    values,
  });
  const given = { x: matrix(input), output: matrix(upstream), ...parameters };
  const identity = new Float32Array(samples * samples);
  for (let i = 0; i < samples; i++) identity[i * (samples + 1)] = 1;
  return {
    model(rows, scope) {
      const pick = (name: 'x' | 'output', { shape }: GoldenTensor): Tensor =>
        reshape(matmul(rows, scope.parameter(name, given[name].shape, zeros())), shape.slice(1));
      const x = pick('x', input);
      const output = pick('output', upstream);
      return sum(mul(layer(x, scope), output));
    },
    loss: IDENTITY,
    data: {
      name: 'golden',
      samples,
      inputShape: [samples],
      inputs: identity,
      inputDivisor: 1,
      targetShape: [1],
      targets: new Float32Array(samples),
      classes: undefined,
    },
    parameters: new Map(
      Object.entries(given).map(([name, { shape, values }]) => [name, { shape, data: values }]),
    ),
  };
}

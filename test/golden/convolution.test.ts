// Convolutions against PyTorch's values, forward and backward, on odd shapes with every option. All numbers are exact, so
// whatever adds them up must come to the same.
import { conv1d, conv2d, convTranspose1d, convTranspose2d, type Layer } from '@lockstep/core';
import { expect, test } from 'vitest';
import { type GoldenTensor, readJson } from './golden.js';
import { layerBatch } from './layer-batch.js';
import { kernelBatch, mixedDistance, referenceBatch } from './one-batch.js';

interface GoldenConvolution {
  readonly name: string;
  /** Channels in and out, and the kernel's size. */
  readonly arguments: readonly never[];
  readonly options: object;
  readonly input: GoldenTensor;
  readonly output: GoldenTensor;
  readonly upstream: GoldenTensor;
  readonly inputGradient: GoldenTensor;
  readonly parameters: Readonly<Record<string, GoldenTensor>>;
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
}

const { cases } = readJson('convolution.json') as { cases: readonly GoldenConvolution[] };

const LAYERS: Readonly<Record<string, (...given: never[]) => Layer>> = {
  ...{ conv1d, conv2d, convTranspose1d, convTranspose2d },
};

test.each(
  cases.map(
    (one) => [`${one.name} ${JSON.stringify(one.options)} of ${one.input.shape}`, one] as const,
  ),
)('%s', (_, { name, arguments: given, options, input, upstream, parameters, ...expected }) => {
  const layer = LAYERS[name]!(...given, options as never);
  const batch = layerBatch(layer, input, upstream, parameters);
  const tensors = { output: expected.output, x: expected.inputGradient, ...expected.gradients };
  for (const { gradients } of [kernelBatch(batch), referenceBatch(batch)]) {
    expect([...gradients.keys()].sort()).toEqual(Object.keys(tensors).sort());
    for (const [key, { values }] of Object.entries(tensors)) {
      expect(mixedDistance(gradients.get(key)!, values), key).toBe(0);
    }
  }
});

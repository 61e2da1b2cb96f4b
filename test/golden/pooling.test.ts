// Pooling, padding and enlarging against PyTorch's values, forward and backward, on odd shapes: the first of equal maxima gets the gradient, padding
// counts as asked, and parts of uneven sizes overlap as there.
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  constantPad2d,
  type Layer,
  maxPool1d,
  maxPool2d,
  reflectionPad2d,
  replicationPad2d,
  upsample,
  zeroPad2d,
} from '@lockstep/core';
import { expect, test } from 'vitest';
import { goldenPooling } from './golden.js';
import { layerBatch } from './layer-batch.js';
import { kernelBatch, mixedDistance, referenceBatch } from './one-batch.js';

const LAYERS: Readonly<Record<string, (...given: never[]) => Layer>> = {
  ...{ constantPad2d, reflectionPad2d, replicationPad2d, upsample, zeroPad2d },
  ...{ adaptiveAvgPool1d, adaptiveAvgPool2d, avgPool1d, avgPool2d, maxPool1d, maxPool2d },
};

/** Sums of up to 70 numbers, divided in one place or in two: a few roundings of 6e-8. */
const TOLERANCE = 1e-6;

test.each(
  goldenPooling().map(
    (one) => [`${one.name} ${JSON.stringify(one.options)} of ${one.input.shape}`, one] as const,
  ),
)('%s', (_, { name, options, input, output, upstream, inputGradient }) => {
  const { kernelSize, outputSize, padding, value, ...rest } = options;
  const layer = LAYERS[name]!(
    ...([
      ...[kernelSize ?? outputSize ?? (name.includes('Pad') ? padding : undefined), value].filter(
        (given) => given !== undefined,
      ),
      name.includes('Pad') || padding === undefined ? rest : { ...rest, padding },
    ] as never[]),
  );
  const batch = layerBatch(layer, input, upstream);
  for (const { gradients } of [kernelBatch(batch), referenceBatch(batch)]) {
    expect(mixedDistance(gradients.get('output')!, output.values)).toBeLessThan(TOLERANCE);
    expect(mixedDistance(gradients.get('x')!, inputGradient.values)).toBeLessThan(TOLERANCE);
  }
});

// Dropout: each element is zeroed with probability `rate`, the others are scaled by 1 / (1 − rate).
// The mask is a function of (seed, layer, epoch, sample, element), so it is the same wherever and however
// often a sample is computed; the gradient applies the same mask. In evaluation it is left out.
// Source: Srivastava et al., Dropout (2014).

import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { philox4x32, seedWords } from '../random/philox.js';
import { STREAM } from '../random/streams.js';
import { formatShape, isBatched, sampleSize } from '../shape.js';
import { numberAttribute, type Operator } from './operator.js';

/** Dropout layers of one model are numbered from 0; this many streams are set aside. */
export const MAX_DROPOUT_LAYERS = 65_536;

/** A random word below this drops its element. */
function threshold(attributes: Attributes): number {
  return Math.floor(numberAttribute(attributes, 'rate') * 0x1_0000_0000);
}

function keptScale(attributes: Attributes): number {
  return 1 / (1 - numberAttribute(attributes, 'rate'));
}

export const dropout: Operator = {
  name: 'dropout',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { rate: 'finite', layer: 'integer' },
  inModels: true,
  shape([x], attributes) {
    const rate = numberAttribute(attributes, 'rate');
    const layer = numberAttribute(attributes, 'layer');
    if (!(rate >= 0 && rate < 1)) {
      throw new ShapeError(`dropout: rate is ${rate}, expected at least 0 and below 1`);
    }
    if (!(layer >= 0 && layer < MAX_DROPOUT_LAYERS)) {
      throw new ShapeError(`dropout: layer number ${layer} is not in [0, ${MAX_DROPOUT_LAYERS})`);
    }
    if (!isBatched(x!.shape)) {
      throw new ShapeError(`dropout: needs a batched tensor, got ${formatShape(x!.shape)}`);
    }
    return x!.shape;
  },
  values: 'moved',
  inEvaluation: ({ inputs: [x] }) => x!,
  gradient: ({ builder, node, dOutput }) => [builder.add('dropout', [dOutput], node.attributes)],
  reference({ inputs: [x], output, attributes, context }) {
    const words = new Uint32Array(4);
    const length = output.data.length / (output.shape[0] || 1);
    const key = seedWords(context.seed);
    const stream = STREAM.dropout + numberAttribute(attributes, 'layer');
    const below = threshold(attributes);
    const scale = keptScale(attributes);
    for (let row = 0; row < output.shape[0]!; row++) {
      for (let e = 0; e < length; e++) {
        if (e % 4 === 0) {
          philox4x32([e >> 2, context.sampleIds[row]!, context.epoch, stream], key, words);
        }
        const i = row * length + e;
        output.data[i] = words[e % 4]! >= below ? x!.data[i]! * scale : 0;
      }
    }
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'dropout',
      arguments: [
        output,
        { node: x!.node },
        { perRow: 1, constant: 0 },
        sampleSize(node.shape),
        { runtime: 'sampleIds' },
        threshold(node.attributes),
        keptScale(node.attributes),
        { runtime: 'seedLow' },
        { runtime: 'seedHigh' },
        STREAM.dropout + numberAttribute(node.attributes, 'layer'),
        { runtime: 'epoch' },
      ],
    },
  ],
};

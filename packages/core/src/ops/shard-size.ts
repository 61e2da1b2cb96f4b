// How many samples the shard has, as a number. Where a network is evaluated each sample is by itself.

import { requireChannels } from './channels.js';
import type { ComputeOperator } from './operator.js';

export const shardSize: ComputeOperator = {
  name: 'shardSize',
  kind: 'compute',
  inputs: ['f32'],
  attributes: {},
  inModels: true,
  mixesSamples: true,
  shape([x]) {
    requireChannels('shardSize', x!);
    return [];
  },
  inEvaluation: ({ builder }) => builder.constant(1),
  reference({ inputs: [x], output }) {
    output.data[0] = x!.shape[0]!;
  },
  lower: ({ output }) => [{ kernel: 'fill', arguments: [output, 1, { perRow: 1, constant: 0 }] }],
};

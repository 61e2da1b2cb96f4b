// The mean and the variance of each channel over the samples of a shard, as batch normalisation takes them. Where a network is
// evaluated, what stands for them is given: running statistics. Of a shard without samples both are 0.
// Source: Ioffe, Szegedy, Batch Normalization (2015); of shards: Hoffer, Hubara, Soudry, Train longer, generalize better (2017).
import { product } from '../shape.js';
import { channelArguments, forEachElement, requireChannels, requireShapes } from './channels.js';
import type { ComputeOperator, RuleBuilder } from './operator.js';

/** [C] over all of x, each channel's number divided by how many values the channel has in the shard. */
function spread(builder: RuleBuilder, perChannel: number, x: number): number {
  const shape = builder.shapeOf(x);
  const inner = product(shape.slice(2) as number[]);
  const values = builder.add('mul', [builder.add('shardSize', [x]), builder.constant(inner)]);
  return overChannels(builder, builder.add('div', [perChannel, values]), x);
}

/** [C] in a shape that is broadcast over x. */
function overChannels(builder: RuleBuilder, perChannel: number, x: number): number {
  const [, ...dims] = builder.shapeOf(x);
  const shape = dims.map((dim, axis) => (axis === 0 ? dim : 1));
  return builder.add('reshape', [perChannel], { shape });
}

/** Inputs: x [N, C, …] and what stands for the mean in evaluation, [C]. */
export const shardMean: ComputeOperator = {
  name: 'shardMean',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: {},
  inModels: true,
  mixesSamples: true,
  shape([x, running]) {
    const channels = requireChannels('shardMean', x!);
    requireShapes('shardMean', [running], [channels]);
    return [channels];
  },
  inEvaluation: ({ inputs: [, running] }) => running!,
  gradient({ builder, inputs: [x], dOutput }) {
    const each = spread(builder, dOutput, x!);
    return [builder.add('broadcast', [each], { shape: builder.shapeOf(x!) }), undefined];
  },
  reference({ inputs: [x], output }) {
    output.data.fill(0);
    const values = x!.data.length / output.data.length;
    if (values === 0) return;
    forEachElement(x!.shape, (i, channel) => {
      output.data[channel]! += x!.data[i]!;
    });
    for (let c = 0; c < output.data.length; c++) output.data[c]! /= values;
  },
  lower: ({ inputs: [x], output }) => [
    { kernel: 'shardMean', arguments: [output, { node: x!.node }, ...channelArguments(x!.shape)] },
  ],
};

/** Inputs: x [N, C, …], the mean that distances are taken from, and what stands for the variance in evaluation, both [C]. */
export const shardVariance: ComputeOperator = {
  name: 'shardVariance',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32'],
  attributes: {},
  inModels: true,
  mixesSamples: true,
  ofOneInShard: 0,
  shape([x, mean, running]) {
    const channels = requireChannels('shardVariance', x!);
    requireShapes('shardVariance', [mean, running], [channels]);
    return [channels];
  },
  inEvaluation: ({ inputs: [, , running] }) => running!,
  gradient({ builder, inputs: [x, mean], dOutput }) {
    const twice = builder.add('mul', [spread(builder, dOutput, x!), builder.constant(2)]);
    const distance = builder.add('sub', [x!, overChannels(builder, mean!, x!)]);
    const dx = builder.add('mul', [distance, twice]);
    // Each sample's share; summed, what a mean gets that distances are taken from.
    const shape = builder.shapeOf(mean!);
    const total = channelSum(builder, dx);
    return [dx, builder.add('reshape', [builder.add('neg', [total])], { shape }), undefined];
  },
  reference({ inputs: [x, mean], output }) {
    output.data.fill(0);
    const values = x!.data.length / output.data.length;
    if (values === 0) return;
    forEachElement(x!.shape, (i, channel) => {
      const distance = x!.data[i]! - mean!.data[channel]!;
      output.data[channel]! += distance * distance;
    });
    for (let c = 0; c < output.data.length; c++) output.data[c]! /= values;
  },
  lower: ({ inputs: [x, mean], output }) => [
    {
      kernel: 'shardVariance',
      arguments: [output, { node: x!.node }, { node: mean!.node }, ...channelArguments(x!.shape)],
    },
  ],
};

/** The sum over all but the channels. */
function channelSum(builder: RuleBuilder, x: number): number {
  const rank = builder.shapeOf(x).length;
  const inner = rank > 2 ? builder.add('sum', [x], { axis: 2, count: rank - 2 }) : x;
  return builder.add('sum', [inner], { axis: 0, count: 1 });
}

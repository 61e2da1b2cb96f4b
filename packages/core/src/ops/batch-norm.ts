// Batch normalisation by a mean and a variance that are given: (x − mean) / √(variance + ε) · weight + bias for each channel.
// Where those are the shard's own, gradients go through them in one kernel; else they are told to them as to any input.
// Source: Ioffe, Szegedy, Batch Normalization (2015).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import {
  channelArguments,
  forEachElement,
  requireChannels,
  requireShapes,
  rowOf,
} from './channels.js';
import {
  type ComputeOperator,
  type GradientRequest,
  numberAttribute,
  type Value,
} from './operator.js';

function epsilonOf(attributes: Attributes): number {
  return Math.fround(numberAttribute(attributes, 'epsilon'));
}

/** @throws ShapeError if it is below 0 */
export function requireEpsilon(what: string, attributes: Attributes): void {
  const epsilon = numberAttribute(attributes, 'epsilon');
  if (epsilon >= 0) return;
  throw new ShapeError(`${what}: epsilon is ${epsilon}, expected at least 0`);
}

function inverse(variance: Value, channel: number, attributes: Attributes): number {
  return 1 / Math.sqrt(variance.data[channel]! + epsilonOf(attributes));
}

/** Inputs: x [N, C, …], mean, variance, and weight and bias if there are any, each [C]. */
export const batchNorm: ComputeOperator = {
  name: 'batchNorm',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32'],
  optionalInputs: ['f32', 'f32'],
  attributes: { epsilon: 'finite' },
  inModels: true,
  onnx({ builder, node, inputs: [x, mean, variance, weight, bias] }) {
    const channels = node.shape[1] as number;
    const filled = (value: number): string =>
      builder.add('Expand', [builder.scalar(value), builder.integers([channels])]);
    return builder.add(
      'BatchNormalization',
      [x!.name, weight?.name ?? filled(1), bias?.name ?? filled(0), mean!.name, variance!.name],
      { epsilon: { f: epsilonOf(node.attributes) } },
    );
  },
  shape([x, ...perChannel], attributes) {
    requireEpsilon('batchNorm', attributes);
    requireShapes('batchNorm', perChannel, [requireChannels('batchNorm', x!)]);
    return x!.shape;
  },
  gradient(request) {
    const { builder, node, inputs, needed, dOutput } = request;
    const [x, mean, variance, weight] = inputs as [number, number, number, number?];
    const ofStatistics = needed[1]! || needed[2]!;
    if (!needed.slice(1).some(Boolean)) {
      return [
        builder.add('batchNormGrad', inputsOf(dOutput, x, mean, variance, weight), node.attributes),
      ];
    }
    const sums = builder.add('batchNormSums', [dOutput, x, mean, variance], node.attributes);
    const [dBias, dWeight] = [0, 1].map((row) => rowOf(builder, sums, row));
    const isOwn = isOwnStatistics(request);
    const dx = needed[0]
      ? builder.add(
          isOwn ? 'batchNormOwnGrad' : 'batchNormGrad',
          isOwn
            ? inputsOf(dOutput, x, mean, variance, sums, weight)
            : inputsOf(dOutput, x, mean, variance, weight),
          node.attributes,
        )
      : undefined;
    const [dMean, dVariance] =
      ofStatistics && !isOwn ? statisticsGradient(request, dBias!, dWeight!) : [];
    return [dx, dMean, dVariance, dWeight, dBias].slice(0, inputs.length);
  },
  reference({ inputs: [x, mean, variance, weight, bias], output, attributes }) {
    forEachElement(x!.shape, (i, c) => {
      const normal = (x!.data[i]! - mean!.data[c]!) * inverse(variance!, c, attributes);
      output.data[i] = normal * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
    });
  },
  lower: ({ node, inputs: [x, mean, variance, weight, bias], output }) => [
    {
      kernel: 'batchNorm',
      arguments: [
        output,
        { node: x!.node },
        { node: mean!.node },
        { node: variance!.node },
        weight ? { node: weight.node } : 0,
        bias ? { node: bias.node } : 0,
        ...channelArguments(node.shape),
        epsilonOf(node.attributes),
      ],
    },
  ],
};

function inputsOf(...inputs: readonly (number | undefined)[]): number[] {
  return inputs.filter((input) => input !== undefined);
}

/** Whether mean and variance are those of x in its shard, so that what they are told goes to x alone. */
function isOwnStatistics({ inputs: [x, mean, variance], nodeOf }: GradientRequest): boolean {
  const [ofMean, ofVariance] = [nodeOf(mean!), nodeOf(variance!)];
  return (
    ofMean.op === 'shardMean' &&
    ofMean.inputs[0] === x &&
    ofVariance.op === 'shardVariance' &&
    ofVariance.inputs[0] === x &&
    ofVariance.inputs[1] === mean
  );
}

/** With r = 1 / √(variance + ε): dmean = −w r Σ dy, dvariance = −½ w r² Σ dy (x − mean) r. */
function statisticsGradient(
  { builder, node, inputs: [, , variance, weight] }: GradientRequest,
  dBias: number,
  dWeight: number,
): number[] {
  const epsilon = builder.constant(epsilonOf(node.attributes));
  const shifted = builder.add('add', [variance!, epsilon]);
  const weighted = (sum: number): number =>
    builder.add('neg', [weight === undefined ? sum : builder.add('mul', [sum, weight])]);
  return [
    builder.add('div', [weighted(dBias), builder.add('sqrt', [shifted])]),
    builder.add('div', [builder.add('mul', [weighted(dWeight), builder.constant(0.5)]), shifted]),
  ];
}

/** [2, C]: the sums of dy, which is the bias's gradient, and of dy (x − mean) / √(variance + ε), the weight's. */
export const batchNormSums: ComputeOperator = {
  name: 'batchNormSums',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32', 'f32'],
  attributes: { epsilon: 'finite' },
  inModels: false,
  shape: ([, , mean]) => [2, ...mean!.shape],
  reference({ inputs: [dy, x, mean, variance], output, attributes }) {
    output.data.fill(0);
    const channels = mean!.data.length;
    forEachElement(x!.shape, (i, c) => {
      const normal = (x!.data[i]! - mean!.data[c]!) * inverse(variance!, c, attributes);
      output.data[c]! += dy!.data[i]!;
      output.data[channels + c]! += dy!.data[i]! * normal;
    });
  },
  lower: ({ node, inputs: [dy, x, mean, variance], output }) => [
    {
      kernel: 'batchNormSums',
      arguments: [
        output,
        { node: dy!.node },
        { node: x!.node },
        { node: mean!.node },
        { node: variance!.node },
        ...channelArguments(x!.shape),
        epsilonOf(node.attributes),
      ],
    },
  ],
};

/** Inputs: dy, x, mean, variance, and the sums where the statistics are x's own; weight if there is one. */
function gradientOperator(name: string, isOwn: boolean): ComputeOperator {
  const first = isOwn ? 5 : 4;
  return {
    name,
    kind: 'compute',
    inputs: new Array(first).fill('f32'),
    optionalInputs: ['f32'],
    attributes: { epsilon: 'finite' },
    inModels: false,
    shape: ([, x]) => x!.shape,
    reference({ inputs, output, attributes }) {
      const [dy, x, mean, variance] = inputs as [Value, Value, Value, Value];
      const sums = isOwn ? inputs[4]!.data : undefined;
      const weight = inputs[first];
      const channels = mean.data.length;
      const values = x.data.length / channels;
      forEachElement(x.shape, (i, c) => {
        const r = inverse(variance, c, attributes);
        const normal = (x.data[i]! - mean.data[c]!) * r;
        const through = sums ? (sums[c]! + normal * sums[channels + c]!) / values : 0;
        output.data[i] = (dy.data[i]! - through) * r * (weight?.data[c] ?? 1);
      });
    },
    lower({ node, inputs, output }) {
      const [dy, x, mean, variance] = inputs;
      const weight = inputs[first];
      return [
        {
          kernel: 'batchNormGrad',
          arguments: [
            output,
            { node: dy!.node },
            { node: x!.node },
            { node: mean!.node },
            { node: variance!.node },
            weight ? { node: weight.node } : 0,
            isOwn ? { node: inputs[4]!.node } : 0,
            ...channelArguments(node.shape),
            epsilonOf(node.attributes),
          ],
        },
      ];
    },
  };
}

export const batchNormGrad = gradientOperator('batchNormGrad', false);
export const batchNormOwnGrad = gradientOperator('batchNormOwnGrad', true);

// Normalisation of groups of a sample's own values: (x − mean) · r · weight + bias with r = 1 / √(variance + ε). Leading axes are
// rows; the rest of a row, its channels and `inner` values of each, is cut into groups of neighbouring channels. One group of single
// values is layer normalisation; `centred` 0 leaves the mean out, as RMS normalisation does.
// Its record: what it gives, and behind it [rows, groups, 2] of each group's mean and r.
// Sources: Ba, Kiros, Hinton, Layer Normalization (2016); Wu, He, Group Normalization (2018); Zhang, Sennrich, RMSNorm (2019).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { type Count, formatShape, isBatched, type Shape, sampleSize } from '../shape.js';
import { requireEpsilon } from './batch-norm.js';
import { requireShapes, rowOf } from './channels.js';
import { reshapeTo } from './onnx.js';
import { type ComputeOperator, numberAttribute, shapeAttribute, type Value } from './operator.js';

const LAYOUT = { shape: 'shape', axis: 'integer', groups: 'integer', centred: 'integer' } as const;
const ATTRIBUTES = { ...LAYOUT, inner: 'integer', epsilon: 'finite' } as const;

interface Layout {
  /** Of one sample. */
  readonly rows: number;
  readonly groups: number;
  /** Of one group. */
  readonly channels: number;
  readonly inner: number;
}

/** `shape`, whose axes from `axis` on are one row. */
function layoutOf(attributes: Attributes): Layout {
  const { axis, groups, inner } = attributes as Readonly<Record<string, number>>;
  const shape = shapeAttribute(attributes, 'shape');
  const size = sampleSize(shape.slice(axis));
  return {
    rows: sampleSize(shape.slice(0, axis)),
    groups: groups!,
    channels: size / (groups! * inner!),
    inner: inner!,
  };
}

function groupArguments(attributes: Attributes) {
  const { rows, groups, channels, inner } = layoutOf(attributes);
  const count: Count = { perRow: rows, constant: 0 };
  return [count, groups, channels, inner] as const;
}

/** Where a record's statistics begin. */
function statistics(node: number, attributes: Attributes) {
  const skipped = { perRow: sampleSize(shapeAttribute(attributes, 'shape')), constant: 0 };
  return { node, skipped };
}

function epsilonOf(attributes: Attributes): number {
  return Math.fround(numberAttribute(attributes, 'epsilon'));
}

/** Visits each group: where its values begin, and its first channel. */
function forEachGroup(
  samples: number,
  { rows, groups, channels, inner }: Layout,
  visit: (group: number, start: number, channel: number) => void,
): void {
  for (let group = 0; group < samples * rows * groups; group++) {
    visit(group, group * channels * inner, (group % groups) * channels);
  }
}

/** @throws ShapeError unless the attributes cut x into groups of whole channels */
function checkLayout(attributes: Attributes, x: Shape): Layout {
  const { axis, groups, inner, centred } = attributes as Readonly<Record<string, number>>;
  const size = sampleSize(x.slice(axis));
  const isCut =
    isBatched(x) &&
    axis! >= 1 &&
    axis! < x.length &&
    groups! >= 1 &&
    inner! >= 1 &&
    size % (groups! * inner!) === 0;
  if (!isCut || (centred !== 0 && centred !== 1)) {
    throw new ShapeError(
      `groupNorm: ${groups} groups of channels of ${inner} values do not cut ${formatShape(x)} from axis ${axis} on`,
    );
  }
  return layoutOf({ ...attributes, shape: x });
}

/** Inputs: x [N, …], and weight and bias of each channel of a row, if there are any. */
export const groupNorm: ComputeOperator = {
  name: 'groupNorm',
  kind: 'compute',
  inputs: ['f32'],
  optionalInputs: ['f32', 'f32'],
  outputType: 'record',
  attributes: ATTRIBUTES,
  inModels: true,
  // Positions are rows.
  onePosition({ builder, node, inputs }) {
    const [x, ...affines] = inputs;
    const axis = x!.axis ?? 0;
    const isRow = axis > 0 && axis < numberAttribute(node.attributes, 'axis');
    if (!isRow || affines.some((one) => one.axis !== undefined)) return undefined;
    const shape = shapeAttribute(node.attributes, 'shape').map((n, i) => (i === axis ? 1 : n));
    const nodes = inputs.map((input) => input.node);
    const record = builder.add('groupNorm', nodes, { ...node.attributes, shape });
    return { node: builder.add('recordOutput', [record], { shape }), axis };
  },
  onnx({ builder, node, inputs: [x, weight, bias] }) {
    const { rows, groups, channels, inner } = layoutOf(node.attributes);
    const cut = (shape: readonly number[]): string => reshapeTo(builder, ['N', ...shape]);
    const over = { axes: { ints: [3] }, keepdims: { i: 1 } };
    let y = builder.add('Reshape', [x!.name, cut([rows, groups, channels * inner])]);
    if (node.attributes.centred === 1) {
      y = builder.add('Sub', [y, builder.add('ReduceMean', [y], over)]);
    }
    const variance = builder.add('ReduceMean', [builder.add('Mul', [y, y])], over);
    const shifted = builder.add('Add', [variance, builder.scalar(epsilonOf(node.attributes))]);
    y = builder.add('Div', [y, builder.add('Sqrt', [shifted])]);
    y = builder.add('Reshape', [y, cut([rows, groups * channels, inner])]);
    for (const [opType, affine] of [
      ['Mul', weight],
      ['Add', bias],
    ] as const) {
      if (!affine) continue;
      const list = builder.integers([groups * channels, 1]);
      y = builder.add(opType, [y, builder.add('Reshape', [affine.name, list])]);
    }
    return builder.add('Reshape', [
      y,
      reshapeTo(builder, shapeAttribute(node.attributes, 'shape')),
    ]);
  },
  shape([x, ...affine], attributes) {
    requireEpsilon('groupNorm', attributes);
    const given = shapeAttribute(attributes, 'shape');
    if (given.join() !== x!.shape.join()) {
      throw new ShapeError(
        `groupNorm: its shape is ${formatShape(given)}, that of its input ${formatShape(x!.shape)}`,
      );
    }
    const { rows, groups, channels } = checkLayout(attributes, x!.shape);
    requireShapes('groupNorm', affine, [groups * channels]);
    return ['N', sampleSize(x!.shape) + 2 * rows * groups];
  },
  gradient({ builder, node, inputs, needed, output, dOutput }) {
    const [x, weight] = inputs as [number, number?];
    const { epsilon: _, ...layout } = node.attributes;
    const dx = needed[0]
      ? builder.add(
          'groupNormGrad',
          [dOutput, x, output, ...(weight === undefined ? [] : [weight])],
          layout,
        )
      : undefined;
    if (!needed[1] && !needed[2]) return [dx];
    const sums = builder.add('groupNormSums', [dOutput, x, output], layout);
    return [dx, rowOf(builder, sums, 1), rowOf(builder, sums, 0)].slice(0, inputs.length);
  },
  reference({ inputs: [x, weight, bias], output, attributes }) {
    const layout = layoutOf(attributes);
    const size = layout.channels * layout.inner;
    forEachGroup(x!.shape[0]!, layout, (group, start, channel) => {
      const values = x!.data.subarray(start, start + size);
      let mean = 0;
      if (attributes.centred === 1) for (const value of values) mean += value / size;
      let variance = 0;
      for (const value of values) variance += ((value - mean) * (value - mean)) / size;
      const r = 1 / Math.sqrt(variance + epsilonOf(attributes));
      for (const [i, value] of values.entries()) {
        const c = channel + Math.floor(i / layout.inner);
        output.data[start + i] = (value - mean) * r * (weight?.data[c] ?? 1) + (bias?.data[c] ?? 0);
      }
      output.data.set([mean, r], x!.data.length + 2 * group);
    });
  },
  lower: ({ node, inputs: [x, weight, bias], output }) => [
    {
      kernel: 'groupNorm',
      arguments: [
        output,
        statistics(output.node, node.attributes),
        { node: x!.node },
        weight ? { node: weight.node } : 0,
        bias ? { node: bias.node } : 0,
        ...groupArguments(node.attributes),
        epsilonOf(node.attributes),
        numberAttribute(node.attributes, 'centred'),
      ],
    },
  ],
};

/** A group's mean and r. */
function noted({ data }: Value, x: Value, group: number): readonly [number, number] {
  const at = x.data.length + 2 * group;
  return [data[at]!, data[at + 1]!];
}

/** Inputs: dy, x, the record, and weight if there is one. */
export const groupNormGrad: ComputeOperator = {
  name: 'groupNormGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  attributes: { ...LAYOUT, inner: 'integer' },
  inModels: false,
  shape: ([, x]) => x!.shape,
  reference({ inputs: [dy, x, record, weight], output, attributes }) {
    const layout = layoutOf(attributes);
    const size = layout.channels * layout.inner;
    forEachGroup(x!.shape[0]!, layout, (group, start, channel) => {
      const [mean, r] = noted(record!, x!, group);
      const g = (i: number): number =>
        dy!.data[start + i]! * (weight?.data[channel + Math.floor(i / layout.inner)] ?? 1);
      const normal = (i: number): number => (x!.data[start + i]! - mean) * r;
      let m1 = 0;
      let m2 = 0;
      for (let i = 0; i < size; i++) {
        if (attributes.centred === 1) m1 += g(i) / size;
        m2 += (g(i) * normal(i)) / size;
      }
      for (let i = 0; i < size; i++) output.data[start + i] = (g(i) - m1 - normal(i) * m2) * r;
    });
  },
  lower: ({ node, inputs: [dy, x, record, weight], output }) => [
    {
      kernel: 'groupNormGrad',
      arguments: [
        output,
        { node: dy!.node },
        { node: x!.node },
        statistics(record!.node, node.attributes),
        weight ? { node: weight.node } : 0,
        ...groupArguments(node.attributes),
        numberAttribute(node.attributes, 'centred'),
      ],
    },
  ],
};

/** [2, channels of a row]: the sums of dy, which is the bias's gradient, and of dy times what is normalised, the weight's. */
export const groupNormSums: ComputeOperator = {
  name: 'groupNormSums',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  attributes: { ...LAYOUT, inner: 'integer' },
  inModels: false,
  shape(_, attributes) {
    const { groups, channels } = layoutOf(attributes);
    return [2, groups * channels];
  },
  reference({ inputs: [dy, x, record], output, attributes }) {
    output.data.fill(0);
    const layout = layoutOf(attributes);
    const all = layout.groups * layout.channels;
    forEachGroup(x!.shape[0]!, layout, (group, start, channel) => {
      const [mean, r] = noted(record!, x!, group);
      for (let i = 0; i < layout.channels * layout.inner; i++) {
        const c = channel + Math.floor(i / layout.inner);
        const d = dy!.data[start + i]!;
        output.data[c]! += d;
        output.data[all + c]! += d * (x!.data[start + i]! - mean) * r;
      }
    });
  },
  lower: ({ node, inputs: [dy, x, record], output }) => [
    {
      kernel: 'groupNormSums',
      arguments: [
        output,
        { node: dy!.node },
        { node: x!.node },
        statistics(record!.node, node.attributes),
        ...groupArguments(node.attributes),
      ],
    },
  ],
};

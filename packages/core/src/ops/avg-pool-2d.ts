// The mean of each window of the last two axes. A sum is divided by `divisor`, if it is not 0; else by the number of the window's
// taps: those in the padding count if `countPadding` is 1, those behind the padding never do.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { axisPads, padInOnnx, poolInOnnx } from './onnx-pool.js';
import { type ComputeOperator, numberAttribute, shapeAttribute } from './operator.js';
import {
  forEachOutput,
  forEachPlace,
  planeArguments,
  type Region,
  WINDOW_ATTRIBUTES,
  windowedShape,
  windowOf,
} from './window.js';

const attributes = { ...WINDOW_ATTRIBUTES, countPadding: 'integer', divisor: 'finite' } as const;
/** What the gradient makes its output of. */
const gradientAttributes = { ...attributes, shape: 'shape' } as const;

function windowArguments(given: Attributes) {
  const { kernel, stride, padding } = windowOf('avgPool2d', given);
  const { countPadding, divisor } = given as Readonly<Record<string, number>>;
  return [...kernel, ...stride, ...padding, countPadding!, Math.fround(divisor!)] as const;
}

function forEachWindow(
  from: readonly number[],
  to: readonly number[],
  given: Attributes,
  visit: (output: number, plane: number, taps: Region, count: number) => void,
): void {
  const { kernel, stride, padding } = windowOf('avgPool2d', given);
  const [h, w] = from.slice(-2) as [number, number];
  const divisor = Math.fround(numberAttribute(given, 'divisor'));
  forEachOutput(from, to, (output, row, column, plane) => {
    const starts = [row * stride[0] - padding[0], column * stride[1] - padding[1]] as const;
    const ends = [
      Math.min(starts[0] + kernel[0], h + padding[0]),
      Math.min(starts[1] + kernel[1], w + padding[1]),
    ] as const;
    const taps = {
      top: Math.max(starts[0], 0),
      bottom: Math.min(ends[0], h),
      left: Math.max(starts[1], 0),
      right: Math.min(ends[1], w),
    };
    const all = (ends[0] - starts[0]) * (ends[1] - starts[1]);
    const inside = (taps.bottom - taps.top) * (taps.right - taps.left);
    visit(output, plane, taps, divisor || (given.countPadding === 1 ? all : inside));
  });
}

export const avgPool2d: ComputeOperator = {
  name: 'avgPool2d',
  kind: 'compute',
  inputs: ['f32'],
  attributes,
  inModels: true,
  onnx(request) {
    const { builder, node } = request;
    const { kernel, padding } = windowOf('avgPool2d', node.attributes);
    const divisor = numberAttribute(node.attributes, 'divisor');
    const pads = axisPads(request);
    if (divisor === 0 && node.attributes.countPadding === 0) {
      return poolInOnnx(request, 'AveragePool', pads);
    }
    // Padding that counts is made beforehand; what lies behind it never counts, unless the divisor is given.
    const behind = pads.slice(2).map((end, axis) => Math.max(0, end - padding[axis]!));
    const made = pads.map((size, i) => (divisor === 0 ? Math.min(size, padding[i % 2]!) : size));
    const left = divisor === 0 ? [0, 0, ...behind] : [0, 0, 0, 0];
    const padded = { ...request, inputs: [padInOnnx(request, made, 0)] };
    const mean = poolInOnnx(padded, 'AveragePool', left);
    if (divisor === 0) return mean;
    return builder.add('Mul', [mean, builder.scalar((kernel[0] * kernel[1]) / divisor)]);
  },
  shape([x], given) {
    if (given.countPadding !== 0 && given.countPadding !== 1) {
      throw new ShapeError(`avgPool2d: countPadding is ${given.countPadding}, expected 0 or 1`);
    }
    return windowedShape('avgPool2d', x!.shape, given);
  },
  gradient: ({ builder, node, inputs: [x], dOutput }) => [
    builder.add('avgPool2dGrad', [dOutput], { ...node.attributes, shape: builder.shapeOf(x!) }),
  ],
  reference({ inputs: [x], output, attributes }) {
    const width = x!.shape.at(-1)!;
    forEachWindow(x!.shape, output.shape, attributes, (o, plane, taps, count) => {
      let sum = 0;
      forEachPlace(taps, width, (place) => {
        sum += x!.data[plane + place]!;
      });
      output.data[o] = sum / count;
    });
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'avgPool',
      arguments: [
        output,
        { node: x!.node },
        ...planeArguments(x!.shape, node.shape),
        ...windowArguments(node.attributes),
      ],
    },
  ],
};

export const avgPool2dGrad: ComputeOperator = {
  name: 'avgPool2dGrad',
  kind: 'compute',
  inputs: ['f32'],
  attributes: gradientAttributes,
  inModels: false,
  shape: (_, given) => shapeAttribute(given, 'shape'),
  reference({ inputs: [dy], output, attributes }) {
    output.data.fill(0);
    const width = output.shape.at(-1)!;
    forEachWindow(output.shape, dy!.shape, attributes, (o, plane, taps, count) => {
      forEachPlace(taps, width, (place) => {
        output.data[plane + place]! += dy!.data[o]! / count;
      });
    });
  },
  lower: ({ node, inputs: [dy], output }) => [
    {
      kernel: 'avgPoolGrad',
      arguments: [
        output,
        { node: dy!.node },
        ...planeArguments(node.shape, dy!.shape),
        ...windowArguments(node.attributes),
      ],
    },
  ],
};

// Means of the last two axes cut into parts that are as even as can be: part i of `parts` goes from floor(i size / parts) to
// ceil((i + 1) size / parts), so that parts overlap where the size does not divide, and one place makes several where it is shorter.
// Source: https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html.
import type { OnnxBuilder } from './onnx.js';
import { type ComputeOperator, shapeAttribute } from './operator.js';
import {
  forEachOutput,
  forEachPlace,
  pairAttribute,
  planeArguments,
  type Region,
  requirePlanes,
} from './window.js';

function partOf(index: number, size: number, parts: number): readonly [number, number] {
  return [Math.floor((index * size) / parts), Math.ceil(((index + 1) * size) / parts)];
}

function forEachRegion(
  from: readonly number[],
  to: readonly number[],
  visit: (output: number, plane: number, region: Region, count: number) => void,
): void {
  const [h, w] = from.slice(-2) as [number, number];
  const [outH, outW] = to.slice(-2) as [number, number];
  forEachOutput(from, to, (output, row, column, plane) => {
    const [top, bottom] = partOf(row, h, outH);
    const [left, right] = partOf(column, w, outW);
    visit(output, plane, { top, bottom, left, right }, (bottom - top) * (right - left));
  });
}

/** Means of means, since all parts of a row are as high as one another. */
function partsInOnnx(
  builder: OnnxBuilder,
  x: string,
  axis: number,
  size: number,
  parts: number,
): string {
  const means = Array.from({ length: parts }, (_, i) => {
    const lists = [...partOf(i, size, parts), axis].map((number) => builder.integers([number]));
    const part = builder.add('Slice', [x, ...lists]);
    return builder.add('ReduceMean', [part], { axes: { ints: [axis] }, keepdims: { i: 1 } });
  });
  return parts === 1 ? means[0]! : builder.add('Concat', means, { axis: { i: axis } });
}

export const adaptiveAvgPool2d: ComputeOperator = {
  name: 'adaptiveAvgPool2d',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { size: 'shape' },
  inModels: true,
  onnx({ builder, node, inputs: [x] }) {
    const axis = x!.shape.length - 2;
    const [h, w] = x!.shape.slice(-2) as [number, number];
    const [outH, outW] = node.shape.slice(-2) as [number, number];
    const rows = partsInOnnx(builder, x!.name, axis, h, outH);
    return partsInOnnx(builder, rows, axis + 1, w, outW);
  },
  shape([x], given) {
    requirePlanes('adaptiveAvgPool2d', x!.shape);
    return [...x!.shape.slice(0, -2), ...pairAttribute('adaptiveAvgPool2d', given, 'size', 1)];
  },
  gradient: ({ builder, inputs: [x], dOutput }) => [
    builder.add('adaptiveAvgPool2dGrad', [dOutput], { shape: builder.shapeOf(x!) }),
  ],
  reference({ inputs: [x], output }) {
    const width = x!.shape.at(-1)!;
    forEachRegion(x!.shape, output.shape, (o, plane, region, count) => {
      let sum = 0;
      forEachPlace(region, width, (place) => {
        sum += x!.data[plane + place]!;
      });
      output.data[o] = sum / count;
    });
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'adaptiveAvgPool',
      arguments: [output, { node: x!.node }, ...planeArguments(x!.shape, node.shape)],
    },
  ],
};

export const adaptiveAvgPool2dGrad: ComputeOperator = {
  name: 'adaptiveAvgPool2dGrad',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { shape: 'shape' },
  inModels: false,
  shape: (_, given) => shapeAttribute(given, 'shape'),
  reference({ inputs: [dy], output }) {
    output.data.fill(0);
    const width = output.shape.at(-1)!;
    forEachRegion(output.shape, dy!.shape, (o, plane, region, count) => {
      forEachPlace(region, width, (place) => {
        output.data[plane + place]! += dy!.data[o]! / count;
      });
    });
  },
  lower: ({ node, inputs: [dy], output }) => [
    {
      kernel: 'adaptiveAvgPoolGrad',
      arguments: [output, { node: dy!.node }, ...planeArguments(node.shape, dy!.shape)],
    },
  ],
};

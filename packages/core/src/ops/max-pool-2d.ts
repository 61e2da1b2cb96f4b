// The greatest of each window of the last two axes. The gradient goes to a window's first greatest, in order of rows; where a
// NaN is, to the last one, as in PyTorch. Padding counts as −∞, so no tap outside is ever the greatest.
import { axisPads, padInOnnx, poolInOnnx } from './onnx-pool.js';
import type { ComputeOperator, Value } from './operator.js';
import {
  forEachOutput,
  planeArguments,
  WINDOW_ATTRIBUTES,
  type Window,
  windowedShape,
  windowOf,
} from './window.js';

const attributes = { ...WINDOW_ATTRIBUTES, dilation: 'shape' } as const;

function windowArguments({ kernel, stride, padding, dilation }: Window) {
  return [...kernel, ...stride, ...padding, ...dilation] as const;
}

/** The place of each window's greatest in x. */
function forEachMaximum(
  x: Value,
  to: readonly number[],
  { kernel, stride, padding, dilation }: Window,
  visit: (output: number, place: number) => void,
): void {
  const [h, w] = x.shape.slice(-2) as [number, number];
  forEachOutput(x.shape, to, (output, row, column, plane) => {
    let best = -1;
    for (let i = 0; i < kernel[0]; i++) {
      const r = row * stride[0] - padding[0] + i * dilation[0];
      for (let j = 0; j < kernel[1]; j++) {
        const c = column * stride[1] - padding[1] + j * dilation[1];
        if (r < 0 || r >= h || c < 0 || c >= w) continue;
        const place = plane + r * w + c;
        const value = x.data[place]!;
        if (best < 0 || value > x.data[best]! || Number.isNaN(value)) best = place;
      }
    }
    visit(output, best);
  });
}

export const maxPool2d: ComputeOperator = {
  name: 'maxPool2d',
  kind: 'compute',
  inputs: ['f32'],
  attributes,
  inModels: true,
  onnx(request) {
    const { dilation, kernel } = windowOf('maxPool2d', request.node.attributes);
    const pads = axisPads(request);
    const dilations = { dilations: { ints: dilation } };
    const isWithin = pads.every((size, i) => size < kernel[i % 2]!);
    if (isWithin) return poolInOnnx(request, 'MaxPool', pads, dilations);
    // Padding as long as a kernel, which windows with dilation may need, is refused there.
    const padded = padInOnnx(request, pads, -Infinity);
    return poolInOnnx({ ...request, inputs: [padded] }, 'MaxPool', [0, 0, 0, 0], dilations);
  },
  shape: ([x], given) => windowedShape('maxPool2d', x!.shape, given),
  gradient: ({ builder, node, inputs: [x], dOutput }) => [
    builder.add('maxPool2dGrad', [dOutput, x!], node.attributes),
  ],
  reference({ inputs: [x], output, attributes }) {
    forEachMaximum(x!, output.shape, windowOf('maxPool2d', attributes), (o, place) => {
      output.data[o] = x!.data[place]!;
    });
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'maxPool',
      arguments: [
        output,
        { node: x!.node },
        ...planeArguments(x!.shape, node.shape),
        ...windowArguments(windowOf('maxPool2d', node.attributes)),
      ],
    },
  ],
};

export const maxPool2dGrad: ComputeOperator = {
  name: 'maxPool2dGrad',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes,
  inModels: false,
  shape: ([, x]) => x!.shape,
  reference({ inputs: [dy, x], output, attributes }) {
    output.data.fill(0);
    forEachMaximum(x!, dy!.shape, windowOf('maxPool2d', attributes), (o, place) => {
      output.data[place]! += dy!.data[o]!;
    });
  },
  lower: ({ node, inputs: [dy, x], output }) => [
    {
      kernel: 'maxPoolGrad',
      arguments: [
        output,
        { node: dy!.node },
        { node: x!.node },
        ...planeArguments(x!.shape, dy!.shape),
        ...windowArguments(windowOf('maxPool2d', node.attributes)),
      ],
    },
  ],
};

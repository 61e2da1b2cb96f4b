// The common part of operators of two tensors, element by element: broadcasting, its gradient, and the strided kernel call.
import type { KernelSignatures } from '@lockstep/kernels';
import { broadcastShapes, broadcastStrides, collapseLoops, type Shape } from '../shape.js';
import type { OnnxRule } from './onnx.js';
import type { GradientRequest, KernelsLike, Operator, RuleBuilder } from './operator.js';
import { forEachIndex } from './reference.js';

interface BinaryRule {
  readonly name: KernelsLike<KernelSignatures['add']>;
  /** The operator of ONNX, which broadcasts alike. */
  readonly onnx: OnnxRule;
  /** Left out where it is zero. */
  readonly gradient?: (request: GradientRequest) => (number | undefined)[];
  readonly scalar: (a: number, b: number) => number;
}

export function binaryOperator({ name, onnx, gradient, scalar }: BinaryRule): Operator {
  return {
    name,
    kind: 'compute',
    inputs: ['f32', 'f32'],
    attributes: {},
    inModels: true,
    elementwise: true,
    onnx,
    shape: ([a, b]) => broadcastShapes(a!.shape, b!.shape, name),
    ...(gradient && {
      gradient: (request: GradientRequest) =>
        gradient(request).map((dInput, i) =>
          dInput === undefined
            ? undefined
            : sumToShape(
                request.builder,
                dInput,
                request.builder.shapeOf(request.inputs[i] as number),
              ),
        ),
    }),
    reference({ inputs: [a, b], output }) {
      const as = broadcastStrides(a!.shape, output.shape);
      const bs = broadcastStrides(b!.shape, output.shape);
      forEachIndex(output.shape, [as, bs], (o, [i, j]) => {
        output.data[o] = scalar(a!.data[i!]!, b!.data[j!]!);
      });
    },
    lower({ node, inputs: [a, b], output }) {
      const { lengths, strides } = collapseLoops(node.shape, [
        broadcastStrides(a!.shape, node.shape),
        broadcastStrides(b!.shape, node.shape),
      ]);
      return [
        {
          kernel: name,
          arguments: [
            output,
            { node: a!.node },
            { node: b!.node },
            ...lengths,
            ...strides[0],
            ...strides[1],
          ],
        },
      ];
    },
  };
}

/** Adds up a gradient over the axes that its input was broadcast along. */
export function sumToShape(builder: RuleBuilder, gradient: number, shape: Shape): number {
  const from = builder.shapeOf(gradient);
  const lead = from.length - shape.length;
  let result = gradient;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const target = axis < lead ? 1 : shape[axis - lead]!;
    if (target === 1 && from[axis] !== 1) result = builder.add('sum', [result], { axis, count: 1 });
  }
  return builder.add('reshape', [result], { shape });
}

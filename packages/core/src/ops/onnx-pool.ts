// Pooling in ONNX: MaxPool and AveragePool of [N, C, H, W], with paddings at the end that say what ceilMode says, so that nobody's
// reading of ceil_mode counts.
import { type Shape, sampleSize } from '../shape.js';
import type { OnnxAttribute, OnnxRequest } from './onnx.js';
import { reshapeTo } from './onnx.js';
import { endPadding, windowOf } from './window.js';

/** Paddings above, left, below and right. */
export function axisPads({ node, inputs: [x] }: OnnxRequest): number[] {
  const window = windowOf(node.op, node.attributes);
  return [...window.padding, ...endPadding(x!.shape, node.shape, window)];
}

/** Input 0 as [N, C, H, W], which is what ONNX pools, and its shape. */
function inPlanes({ builder, inputs: [x] }: OnnxRequest): readonly [string, Shape] {
  const { name, shape } = x!;
  if (shape.length === 4) return [name, shape];
  const isBatched = shape[0] === 'N';
  const lead = shape.slice(isBatched ? 1 : 0, -2) as number[];
  const planes: Shape = [isBatched ? 'N' : 1, sampleSize(lead), ...shape.slice(-2)];
  return [builder.add('Reshape', [name, reshapeTo(builder, planes)]), planes];
}

/** Input 0 with so many values above, left, below and right. */
export function padInOnnx(
  request: OnnxRequest,
  pads: readonly number[],
  value: number,
): OnnxRequest['inputs'][number] {
  const { builder } = request;
  const [planes, shape] = inPlanes(request);
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const lists = builder.integers([0, 0, top, left, 0, 0, bottom, right]);
  const name = builder.add('Pad', [planes, lists, builder.scalar(value)]);
  const [h, w] = shape.slice(2) as [number, number];
  return { name, shape: [...shape.slice(0, 2), h + top + bottom, w + left + right] };
}

export function poolInOnnx(
  request: OnnxRequest,
  opType: 'MaxPool' | 'AveragePool',
  pads: readonly number[],
  more: Readonly<Record<string, OnnxAttribute>> = {},
): string {
  const { builder, node } = request;
  const { kernel, stride } = windowOf(node.op, node.attributes);
  const [planes] = inPlanes(request);
  const pooled = builder.add(opType, [planes], {
    kernel_shape: { ints: kernel },
    strides: { ints: stride },
    pads: { ints: pads },
    ...more,
  });
  if (node.shape.length === 4) return pooled;
  return builder.add('Reshape', [pooled, reshapeTo(builder, node.shape)]);
}

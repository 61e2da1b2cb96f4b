// Convolution of pictures: y[n, o, i, j] = bias[o] + Σ over (c, r, s) of w[o, c, r, s] x[n, c, i·stride + r·dilation − top, …], zeros
// beyond the picture's ends; channels of x are those of o's group. dx is the transposed convolution of dy, and dw has an
// operator of its own. Source: Dumoulin, Visin, "A guide to convolution arithmetic for deep learning" (2016).
import { convolveScratch, convolveWeightsScratch } from '@lockstep/kernels';
import type { Attributes } from '../graph/graph.js';
import type { Shape } from '../shape.js';
import {
  addBias,
  biasGradient,
  CONVOLUTION_ATTRIBUTES,
  checkGroups,
  checkOperands,
  checkScratch,
  constantCount,
  convolutionSizes,
  convolvedLength,
  forEachProduct,
  onnxAttributes,
  settingsOf,
  sizeArguments,
} from './convolution.js';
import type { ComputeOperator, ReadTensor, RuleBuilder } from './operator.js';

const NAME = 'conv2d';

function sizesOf(x: Shape, y: Shape, weight: Shape, attributes: Attributes) {
  return convolutionSizes(x, y, weight, settingsOf(attributes, NAME));
}

export const conv2d: ComputeOperator = {
  name: NAME,
  kind: 'compute',
  inputs: ['f32', 'f32'],
  optionalInputs: ['f32'],
  filters: 1,
  attributes: CONVOLUTION_ATTRIBUTES,
  inModels: true,
  onnx: ({ builder, node, inputs }) =>
    builder.add(
      'Conv',
      inputs.map(({ name }) => name),
      onnxAttributes(settingsOf(node.attributes, NAME), inputs[1]!.shape),
    ),
  shape(inputs, attributes) {
    checkOperands(NAME, inputs, ([o]) => o!);
    const [x, weight] = [inputs[0]!.shape, inputs[1]!.shape];
    const settings = settingsOf(attributes, NAME);
    const [samples, c, h, w] = x as readonly [Shape[number], number, number, number];
    checkGroups(NAME, c, weight, settings.groups);
    const [o, , kh, kw] = weight as readonly number[];
    const rows = convolvedLength(NAME, h, kh!, settings, 0);
    const columns = convolvedLength(NAME, w, kw!, settings, 1);
    const y = [samples, o!, rows, columns];
    const sizes = convolutionSizes(x, y, weight, settings);
    checkScratch(NAME, Math.max(convolveScratch(sizes), convolveWeightsScratch(sizes)));
    return y;
  },
  gradient({ builder, node, inputs: [x, weight, bias], dOutput, needed }) {
    return [
      needed[0] ? gradientOfX(builder, node.attributes, x!, weight!, dOutput) : undefined,
      needed[1]
        ? builder.add('conv2dWeightGrad', [x!, dOutput], {
            ...node.attributes,
            kernel: builder.shapeOf(weight!).slice(2),
          })
        : undefined,
      ...(bias === undefined ? [] : [needed[2] ? biasGradient(builder, dOutput) : undefined]),
    ];
  },
  reference({ inputs: [x, weight, bias], output, attributes }) {
    const sizes = sizesOf(x!.shape, output.shape, weight!.shape, attributes);
    output.data.fill(0);
    forEachProduct(x!.shape[0]!, sizes, (to, from, k) => {
      output.data[to] = output.data[to]! + x!.data[from]! * weight!.data[k]!;
    });
    addBias(output, bias);
  },
  scratch: ({ shape, attributes }, [x, weight]) =>
    constantCount(convolveScratch(sizesOf(x!.shape, shape, weight!.shape, attributes))),
  lower({ node, inputs: [x, weight, bias], output, scratch }) {
    const sizes = sizesOf(x!.shape, node.shape, weight!.shape, node.attributes);
    return [
      {
        kernel: 'convolve',
        arguments: [
          output,
          { node: x!.node },
          { node: weight!.node },
          bias ? { node: bias.node } : 0,
          scratch!,
          ...sizeArguments(node.shape[0]!, sizes),
        ],
      },
    ];
  },
};

/** Rows and columns of x that the last tap did not come to have a gradient as well, which is zero. */
function gradientOfX(
  builder: RuleBuilder,
  attributes: Attributes,
  x: number,
  weight: number,
  dOutput: number,
): number {
  const settings = settingsOf(attributes, NAME);
  const [picture, kernel] = [builder.shapeOf(x).slice(2), builder.shapeOf(weight).slice(2)];
  const outputPadding = ([0, 1] as const).map((axis) => {
    const padded = (picture[axis] as number) + settings.padding[axis] + settings.padding[axis + 2]!;
    const covered = ((kernel[axis] as number) - 1) * settings.dilation[axis] + 1;
    return (padded - covered) % settings.stride[axis];
  });
  return builder.add('convTranspose2d', [dOutput, weight], { ...attributes, outputPadding });
}

/** dw [O, C / groups, kh, kw] of (x, dy), summed over all samples. Used by gradients only. */
export const conv2dWeightGrad: ComputeOperator = {
  name: 'conv2dWeightGrad',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: { ...CONVOLUTION_ATTRIBUTES, kernel: 'shape' },
  inModels: false,
  shape([x, dy], attributes) {
    const { groups } = settingsOf(attributes, NAME);
    const [c, o] = [x!.shape[1] as number, dy!.shape[1] as number];
    return [o, c / groups, ...(attributes.kernel as Shape)];
  },
  reference({ inputs: [x, dy], output, attributes }) {
    const sizes = sizesOf(x!.shape, dy!.shape, output.shape, attributes);
    output.data.fill(0);
    forEachProduct(x!.shape[0]!, sizes, (from, other, to) => {
      output.data[to] = output.data[to]! + dy!.data[from]! * x!.data[other]!;
    });
  },
  scratch: (
    { shape, attributes }: { shape: Shape; attributes: Attributes },
    [x, dy]: readonly ReadTensor[],
  ) => constantCount(convolveWeightsScratch(sizesOf(x!.shape, dy!.shape, shape, attributes))),
  lower({ node, inputs: [x, dy], output, scratch }) {
    const sizes = sizesOf(x!.shape, dy!.shape, node.shape, node.attributes);
    return [
      {
        kernel: 'convolveWeights',
        arguments: [
          output,
          { node: x!.node },
          { node: dy!.node },
          scratch!,
          ...sizeArguments(x!.shape[0]!, sizes),
        ],
      },
    ];
  },
};

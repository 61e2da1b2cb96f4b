// Transposed convolution of pictures y [N, O, H', W'] with weights [O, C / groups, kh, kw] to x [N, C, H, W]: what conv2d's input
// gets of its output's gradient. So their gradients are each other. `outputPadding` are rows and columns at x's end beyond
// those that the kernel needs, fewer than the stride. Source: as conv2d.
import {
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
} from '@lockstep/kernels';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { formatShape, type Shape } from '../shape.js';
import {
  addBias,
  biasGradient,
  CONVOLUTION_ATTRIBUTES,
  checkGroups,
  checkOperands,
  checkScratch,
  constantCount,
  convolutionSizes,
  forEachProduct,
  onnxAttributes,
  settingsOf,
  sizeArguments,
  transposedLength,
} from './convolution.js';
import { type ComputeOperator, numberAttribute, shapeAttribute } from './operator.js';
import { type Pair, pairAttribute } from './window.js';

const NAME = 'convTranspose2d';

function sizesOf(x: Shape, y: Shape, weight: Shape, attributes: Attributes) {
  return convolutionSizes(x, y, weight, settingsOf(attributes, NAME));
}

export const convTranspose2d: ComputeOperator = {
  name: NAME,
  kind: 'compute',
  inputs: ['f32', 'f32'],
  optionalInputs: ['f32'],
  filters: 1,
  attributes: { ...CONVOLUTION_ATTRIBUTES, outputPadding: 'shape' },
  inModels: true,
  onnx: ({ builder, node, inputs }) =>
    builder.add(
      'ConvTranspose',
      inputs.map(({ name }) => name),
      {
        ...onnxAttributes(settingsOf(node.attributes, NAME), inputs[1]!.shape),
        output_padding: { ints: shapeAttribute(node.attributes, 'outputPadding') as number[] },
      },
    ),
  shape(inputs, attributes) {
    checkOperands(NAME, inputs, ([, cg]) => cg! * numberAttribute(attributes, 'groups'));
    const [y, weight] = [inputs[0]!.shape, inputs[1]!.shape];
    const settings = settingsOf(attributes, NAME);
    const extra = outputPaddingOf(attributes, settings.stride);
    const [samples, o, h, w] = y as readonly [Shape[number], number, number, number];
    const [channels, cg, kh, kw] = weight as readonly number[];
    if (channels !== o) {
      throw new ShapeError(
        `${NAME}: the input has ${o} channels, weight ${formatShape(weight)} is for ${channels}`,
      );
    }
    const c = cg! * settings.groups;
    checkGroups(NAME, c, weight, settings.groups);
    const rows = transposedLength(NAME, h, kh!, settings, 0, extra[0]);
    const columns = transposedLength(NAME, w, kw!, settings, 1, extra[1]);
    const x = [samples, c, rows, columns];
    const sizes = convolutionSizes(x, y, weight, settings);
    const scratch = [convolveTransposedScratch, convolveScratch, convolveWeightsScratch];
    checkScratch(NAME, Math.max(...scratch.map((of) => of(sizes))));
    return x;
  },
  gradient({ builder, node, inputs: [y, weight, bias], dOutput, needed }) {
    const { outputPadding: _, ...attributes } = node.attributes;
    const kernel = builder.shapeOf(weight!).slice(2);
    return [
      needed[0] ? builder.add('conv2d', [dOutput, weight!], attributes) : undefined,
      needed[1]
        ? builder.add('conv2dWeightGrad', [dOutput, y!], { ...attributes, kernel })
        : undefined,
      ...(bias === undefined ? [] : [needed[2] ? biasGradient(builder, dOutput) : undefined]),
    ];
  },
  reference({ inputs: [y, weight, bias], output, attributes }) {
    const sizes = sizesOf(output.shape, y!.shape, weight!.shape, attributes);
    output.data.fill(0);
    forEachProduct(y!.shape[0]!, sizes, (from, to, k) => {
      output.data[to] = output.data[to]! + y!.data[from]! * weight!.data[k]!;
    });
    addBias(output, bias);
  },
  scratch: ({ shape, attributes }, [y, weight]) =>
    constantCount(convolveTransposedScratch(sizesOf(shape, y!.shape, weight!.shape, attributes))),
  lower({ node, inputs: [y, weight, bias], output, scratch }) {
    const sizes = sizesOf(node.shape, y!.shape, weight!.shape, node.attributes);
    return [
      {
        kernel: 'convolveTransposed',
        arguments: [
          output,
          { node: y!.node },
          { node: weight!.node },
          bias ? { node: bias.node } : 0,
          scratch!,
          ...sizeArguments(node.shape[0]!, sizes),
        ],
      },
    ];
  },
};

function outputPaddingOf(attributes: Attributes, stride: readonly [number, number]): Pair {
  const extra = pairAttribute(NAME, attributes, 'outputPadding', 0);
  if (extra[0] < stride[0] && extra[1] < stride[1]) return extra;
  throw new ShapeError(
    `${NAME}: output padding is ${formatShape(extra)}, expected less than the stride ${formatShape(stride)}`,
  );
}

// The common part of convolutions: their attributes, the sizes that follow from them, and the plain loops of the reference.
// x [N, C, H, W] is the wide side and y [N, O, H', W'] the convolved one, whichever is computed; weights are
// [O, C / groups, kh, kw]. As everywhere in deep learning, the kernel is not flipped.
import type { ConvolutionSizes } from '@lockstep/kernels';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { type Count, countOf, formatShape, MAX_ELEMENTS, type Shape } from '../shape.js';
import type { OnnxAttribute } from './onnx.js';
import {
  type AttributeRule,
  numberAttribute,
  type ReadTensor,
  shapeAttribute,
  type Value,
} from './operator.js';
import { MAX_WINDOW, type Pair, pairAttribute } from './window.js';

type FourNumbers = readonly [number, number, number, number];

export const CONVOLUTION_ATTRIBUTES = {
  /** [rows, columns] */
  stride: 'shape',
  /** Zeros around x: [top, left, bottom, right] */
  padding: 'shape',
  /** [rows, columns] */
  dilation: 'shape',
  groups: 'integer',
} as const satisfies Readonly<Record<string, AttributeRule>>;

interface Settings {
  readonly stride: Pair;
  readonly padding: FourNumbers;
  readonly dilation: Pair;
  readonly groups: number;
}

/** @throws ShapeError if an attribute is of no use */
export function settingsOf(attributes: Attributes, what: string): Settings {
  const groups = numberAttribute(attributes, 'groups');
  if (groups < 1) throw new ShapeError(`${what}: groups is ${groups}, expected at least 1`);
  const padding = shapeAttribute(attributes, 'padding');
  const fits = padding.every((n) => n !== 'N' && n >= 0 && n <= MAX_WINDOW);
  if (padding.length !== 4 || !fits) {
    throw new ShapeError(
      `${what}: padding is ${formatShape(padding)}, expected four whole numbers in [0, ${MAX_WINDOW}]`,
    );
  }
  return {
    stride: pairAttribute(what, attributes, 'stride', 1),
    padding: padding as unknown as FourNumbers,
    dilation: pairAttribute(what, attributes, 'dilation', 1),
    groups,
  };
}

/** Rows or columns that a kernel covers. */
function reach(taps: number, dilation: number): number {
  return (taps - 1) * dilation + 1;
}

/** @throws ShapeError unless a picture and weights have four axes, and a bias suits the channels that come out */
export function checkOperands(
  what: string,
  [picture, weight, bias]: readonly ReadTensor[],
  channels: (weight: readonly number[]) => number,
): void {
  const refuse = (why: string): ShapeError => new ShapeError(`${what}: ${why}`);
  if (picture!.shape.length !== 4) {
    throw refuse(
      `input is ${formatShape(picture!.shape)}, expected pictures [N, channels, rows, columns]`,
    );
  }
  if (weight!.shape.length !== 4 || weight!.shape[0] === 'N') {
    throw refuse(
      `weight is ${formatShape(weight!.shape)}, expected four axes and no batch: [channels, channels / groups, rows, columns]`,
    );
  }
  const out = channels(weight!.shape as readonly number[]);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw refuse(`bias is ${formatShape(bias.shape)}, expected [${out}]`);
  }
}

/** @throws ShapeError unless x's channels and the weights' fit the groups */
export function checkGroups(what: string, c: number, weight: Shape, groups: number): void {
  const [o, cg] = weight as readonly number[];
  if (o! % groups === 0 && c % groups === 0 && c / groups === cg) return;
  throw new ShapeError(
    `${what}: ${c} channels and weight ${formatShape(weight)} do not fit ${groups} ${groups === 1 ? 'group' : 'groups'}; expected weight [O, channels / groups, rows, columns], both divisible by groups`,
  );
}

/** Rows or columns of y. @throws ShapeError if the kernel does not fit into x with its border */
export function convolvedLength(
  what: string,
  x: number,
  taps: number,
  { stride, padding, dilation }: Settings,
  axis: 0 | 1,
): number {
  const padded = x + padding[axis] + padding[axis + 2]!;
  const kernel = reach(taps, dilation[axis]);
  if (kernel > padded) {
    throw new ShapeError(
      `${what}: the kernel covers ${kernel} ${axis === 0 ? 'rows' : 'columns'}, more than the input's ${padded} with its padding`,
    );
  }
  return Math.floor((padded - kernel) / stride[axis]) + 1;
}

/** Rows or columns of x that y was convolved of, if `extra` of them met nothing. @throws ShapeError if there are none */
export function transposedLength(
  what: string,
  y: number,
  taps: number,
  { stride, padding, dilation }: Settings,
  axis: 0 | 1,
  extra: number,
): number {
  const border = padding[axis] + padding[axis + 2]!;
  const length = (y - 1) * stride[axis] + reach(taps, dilation[axis]) + extra - border;
  if (length >= 1) return length;
  throw new ShapeError(
    `${what}: a padding of ${border} ${axis === 0 ? 'rows' : 'columns'} leaves nothing of ${length + border}`,
  );
}

/** The sizes of a convolution between x and y. */
export function convolutionSizes(
  x: Shape,
  y: Shape,
  weight: Shape,
  { stride, padding, dilation, groups }: Settings,
): ConvolutionSizes {
  const [, c, h, w] = x as FourNumbers;
  const [, o, outH, outW] = y as FourNumbers;
  const [, , kh, kw] = weight as FourNumbers;
  return {
    ...{ c, h, w, o, outH, outW, kh, kw, groups },
    ...{ sh: stride[0], sw: stride[1], top: padding[0], left: padding[1] },
    ...{ dh: dilation[0], dw: dilation[1] },
  };
}

/** @throws ShapeError if the kernels would want more memory than a tensor may have */
export function checkScratch(what: string, floats: number): void {
  if (floats <= MAX_ELEMENTS) return;
  throw new ShapeError(
    `${what}: the picture with its padding and the weights take more than ${MAX_ELEMENTS} numbers meanwhile`,
  );
}

/** As many floats for all samples, which are computed one after the other. */
export function constantCount(constant: number): Count {
  return { perRow: 0, constant };
}

type EightNumbers = [number, number, number, number, number, number, number, number];

/** The sizes as kernels take them, from the number of samples on. */
export function sizeArguments(
  samples: Shape[number],
  sizes: ConvolutionSizes,
): [Count, ...EightNumbers, ...[number, number, number, number, number, number, number]] {
  const { c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups } = sizes;
  return [countOf(samples), c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups];
}

/** Calls with the places of every y, x and weight that are multiplied; of each of the three, in order of the others. */
export function forEachProduct(
  samples: number,
  { c, h, w, o, outH, outW, kh, kw, sh, sw, top, left, dh, dw, groups }: ConvolutionSizes,
  visit: (y: number, x: number, weight: number) => void,
): void {
  const [cg, og] = [c / groups, o / groups];
  for (let n = 0; n < samples; n++) {
    for (let oi = 0; oi < o; oi++) {
      for (let ci = 0; ci < cg; ci++) {
        for (let r = 0; r < kh; r++) {
          for (let s = 0; s < kw; s++) {
            const weight = ((oi * cg + ci) * kh + r) * kw + s;
            const channel = n * c + Math.floor(oi / og) * cg + ci;
            for (let i = 0; i < outH; i++) {
              const row = i * sh + r * dh - top;
              if (row < 0 || row >= h) continue;
              for (let j = 0; j < outW; j++) {
                const column = j * sw + s * dw - left;
                if (column < 0 || column >= w) continue;
                visit(
                  ((n * o + oi) * outH + i) * outW + j,
                  (channel * h + row) * w + column,
                  weight,
                );
              }
            }
          }
        }
      }
    }
  }
}

/** Adds a bias [channels] to pictures, on the reference. */
export function addBias(output: Value, bias: Value | undefined): void {
  if (!bias) return;
  const [, channels, rows, columns] = output.shape as FourNumbers;
  const plane = rows * columns;
  for (let i = 0; i < output.data.length; i++) {
    output.data[i] = output.data[i]! + bias.data[Math.floor(i / plane) % channels]!;
  }
}

/** ONNX's attributes of Conv and ConvTranspose. */
export function onnxAttributes(
  settings: Settings,
  weight: Shape,
): Readonly<Record<string, OnnxAttribute>> {
  return {
    dilations: { ints: settings.dilation },
    group: { i: settings.groups },
    kernel_shape: { ints: weight.slice(2) as number[] },
    pads: { ints: settings.padding },
    strides: { ints: settings.stride },
  };
}

/** What a bias [channels] gets of pictures dy. */
export function biasGradient(
  builder: { add(op: string, inputs: readonly number[], attributes: Attributes): number },
  dy: number,
): number {
  const perSample = builder.add('sum', [dy], { axis: 2, count: 2 });
  return builder.add('sum', [perSample], { axis: 0, count: 1 });
}

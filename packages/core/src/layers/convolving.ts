// What layers of convolution have in common: PyTorch's options, checked, and their weight and bias as it draws them.
import { checkOptions, type OptionNames, requireBoolean, requireInteger } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { biasUniform, type Initializer, kaimingUniform } from '../initializers/initializer.js';
import { applyOperatorFor, requireFloats, reshape, type Tensor } from '../model/tensor.js';
import { MAX_WINDOW } from '../ops/window.js';
import { formatShape, MAX_ELEMENTS, product } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';
import { type LengthPair, requirePair } from './windows.js';

interface Steps<Lengths> {
  /** Steps of the kernel. Default 1. */
  readonly stride?: Lengths;
  /** How far apart the kernel's taps are. Default 1. */
  readonly dilation?: Lengths;
  /** Channels come in so many groups, and outputs of one group see inputs of that group only. Default 1. */
  readonly groups?: number;
}

export interface ConvSteps<Lengths> extends Steps<Lengths> {
  /**
   * Zeros on all sides. 'same': as many as keep the input's lengths, of which an odd one goes behind; only with a stride
   * of 1. 'valid': none. Default 0.
   */
  readonly padding?: Lengths | 'same' | 'valid';
}

export interface ConvTransposeSteps<Lengths> extends Steps<Lengths> {
  /** Rows and columns that the output has less on all sides. Default 0. */
  readonly padding?: Lengths;
  /** Rows and columns that it has more at the end, fewer than the stride. Default 0. */
  readonly outputPadding?: Lengths;
}

interface Parameters {
  /** Default true. */
  readonly bias?: boolean;
  /** Default: Kaiming uniform with a = √5, as in PyTorch. */
  readonly weightInit?: Initializer;
  /** Default: uniform in ±1/√fan_in, as in PyTorch. */
  readonly biasInit?: Initializer;
}

export interface ConvOptions<Lengths> extends ConvSteps<Lengths>, Parameters {}
export interface ConvTransposeOptions<Lengths> extends ConvTransposeSteps<Lengths>, Parameters {}

const NAMES: OptionNames<Steps<LengthPair> & Parameters> = {
  stride: true,
  dilation: true,
  groups: true,
  bias: true,
  weightInit: true,
  biasInit: true,
};
const CONV_NAMES: OptionNames<ConvOptions<LengthPair>> = { ...NAMES, padding: true };
const TRANSPOSE_NAMES: OptionNames<ConvTransposeOptions<LengthPair>> = {
  ...CONV_NAMES,
  outputPadding: true,
};

/** A convolution's operator, without its tensors; in the order that the operator declares them. */
export interface Attributes {
  readonly stride: readonly [number, number];
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** The options that say how tensors are convolved; layers and functions share them. @throws ConfigError */
export function convAttributes(
  what: string,
  options: ConvSteps<LengthPair>,
  kernel: readonly number[],
): Attributes {
  const common = commonAttributes(what, options);
  const { stride, dilation, groups } = common;
  const padding = paddingOf(what, options.padding ?? 0, kernel, common);
  return { stride, padding, dilation, groups };
}

/** @throws ConfigError */
export function transposeAttributes(
  what: string,
  options: ConvTransposeSteps<LengthPair>,
): Attributes & { readonly outputPadding: readonly [number, number] } {
  const common = commonAttributes(what, options);
  const [height, width] = requirePair(what, 'padding', options.padding ?? 0, 0);
  const outputPadding = requirePair(what, 'outputPadding', options.outputPadding ?? 0, 0);
  for (const [axis, extra] of outputPadding.entries()) {
    if (extra < common.stride[axis]!) continue;
    throw new ConfigError(
      `${what}: outputPadding is ${extra}, expected less than the stride ${common.stride[axis]}`,
    );
  }
  const { stride, dilation, groups } = common;
  return { stride, padding: [height, width, height, width], dilation, groups, outputPadding };
}

function commonAttributes(what: string, options: Steps<LengthPair>) {
  return {
    stride: requirePair(what, 'stride', options.stride ?? 1, 1),
    dilation: requirePair(what, 'dilation', options.dilation ?? 1, 1),
    groups: requireInteger(what, 'groups', options.groups ?? 1, 1, MAX_ELEMENTS),
  };
}

function paddingOf(
  what: string,
  padding: LengthPair | 'same' | 'valid',
  kernel: readonly number[],
  { stride, dilation }: Pick<Attributes, 'stride' | 'dilation'>,
): Attributes['padding'] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') {
    if (typeof padding === 'string') {
      throw new ConfigError(
        `${what}: padding is ${JSON.stringify(padding)}, expected 'same', 'valid', a whole number or two: [height, width]`,
      );
    }
    const [height, width] = requirePair(what, 'padding', padding, 0);
    return [height, width, height, width];
  }
  if (stride.some((step) => step !== 1)) {
    throw new ConfigError(`${what}: padding 'same' goes with a stride of 1 only`);
  }
  const [rows, columns] = kernel.map((taps, axis) => dilation[axis]! * (taps - 1));
  const [top, left] = [Math.floor(rows! / 2), Math.floor(columns! / 2)];
  return [top, left, rows! - top, columns! - left];
}

/** Options over one length as options over rows and columns, of which there is one row. */
function inOneRow(
  what: string,
  options: ConvTransposeOptions<number> & ConvOptions<number>,
): ConvTransposeOptions<LengthPair> & ConvOptions<LengthPair> {
  const { stride = 1, dilation = 1, padding = 0, outputPadding = 0, ...rest } = options;
  const whole = (name: string, value: number, least: number): LengthPair => [
    1 - Number(least === 0),
    requireInteger(what, name, value, least, MAX_WINDOW),
  ];
  return {
    ...rest,
    stride: whole('stride', stride, 1),
    dilation: whole('dilation', dilation, 1),
    padding: typeof padding === 'string' ? padding : whole('padding', padding, 0),
    outputPadding: whole('outputPadding', outputPadding, 0),
  };
}

interface Given {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: LengthPair;
  readonly options: object;
}

/** @throws ConfigError if a size or an option is of no use */
export function convolvingLayer(
  what: string,
  operator: 'conv2d' | 'convTranspose2d',
  axes: 1 | 2,
  { inChannels, outChannels, kernelSize, options: given }: Given,
): SharedLayer {
  const isTransposed = operator === 'convTranspose2d';
  checkOptions<object>(what, given, isTransposed ? TRANSPOSE_NAMES : CONV_NAMES);
  requireInteger(what, 'inChannels', inChannels, 1, MAX_ELEMENTS);
  requireInteger(what, 'outChannels', outChannels, 1, MAX_ELEMENTS);
  const options: ConvOptions<LengthPair> & ConvTransposeOptions<LengthPair> =
    axes === 1 ? inOneRow(what, given) : given;
  const size = requirePair(what, 'kernelSize', kernelSize, 1);
  const kernel = axes === 1 ? [1, requireInteger(what, 'kernelSize', kernelSize, 1)] : size;
  const attributes = isTransposed
    ? transposeAttributes(what, options)
    : convAttributes(what, options, kernel);
  const { groups } = attributes;
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ConfigError(
      `${what}: ${inChannels} channels in and ${outChannels} out are not both divisible by ${groups} groups`,
    );
  }
  const bias = requireBoolean(what, 'bias', options.bias ?? true);
  const [first, others] = isTransposed ? [inChannels, outChannels] : [outChannels, inChannels];
  const shape = [first, others / groups, ...kernel.slice(2 - axes)];
  // PyTorch takes a transposed weight's second axis for its inputs, too.
  const fanIn = product(shape.slice(1));
  const { weightInit = kaimingUniform({ a: Math.sqrt(5) }), biasInit = biasUniform({ fanIn }) } =
    options;
  return shared((x, scope) => {
    requireFloats(what, x);
    requireChannels(what, x, inChannels, axes);
    const weight = scope.parameter('weight', shape, weightInit);
    const operands = [
      axes === 1 ? reshape(x, [inChannels, 1, x.shape[2] as number]) : x,
      axes === 1 ? reshape(weight, [first, others / groups, ...kernel]) : weight,
      ...(bias ? [scope.parameter('bias', [outChannels], biasInit)] : []),
    ];
    const y = applyOperatorFor(what, operator, operands, { ...attributes });
    return axes === 1 ? reshape(y, [outChannels, y.shape[3] as number]) : y;
  });
}

/** @throws ShapeError unless x has the channels that the layer was built for, and as many axes as it works on */
function requireChannels(what: string, x: Tensor, inChannels: number, axes: 1 | 2): void {
  if (x.shape.length === axes + 2 && x.shape[1] === inChannels) return;
  const expected = axes === 2 ? '[N, channels, height, width]' : '[N, channels, length]';
  throw new ShapeError(
    `${what}: input is ${formatShape(x.shape)}, the layer was built for ${expected} of ${inChannels} channels`,
  );
}

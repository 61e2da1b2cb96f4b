// Convolutions as functions over tensors, for layers of one's own: the weights are any tensor.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { applyOperatorFor, requireTensor, type Tensor } from '../model/tensor.js';
import { formatShape } from '../shape.js';
import {
  type ConvSteps,
  type ConvTransposeSteps,
  convAttributes,
  transposeAttributes,
} from './convolving.js';
import { type LengthPair, requirePictures } from './windows.js';

/** What `convolve2d` takes. */
export interface Convolve2dOptions extends ConvSteps<LengthPair> {
  /** [channels of the output] */
  readonly bias?: Tensor | undefined;
}

/** What `convolveTransposed2d` takes. */
export interface ConvolveTransposed2dOptions extends ConvTransposeSteps<LengthPair> {
  /** [channels of the output] */
  readonly bias?: Tensor | undefined;
}

const OPTIONS: OptionNames<Convolve2dOptions> = {
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: true,
};
const TRANSPOSED_OPTIONS: OptionNames<ConvolveTransposed2dOptions> = {
  ...OPTIONS,
  outputPadding: true,
};

/**
 * Convolution as the layer `conv2d` does it: x [N, C, H, W] and weight [O, C / groups, rows, columns] → [N, O, H', W'].
 *
 * @throws ConfigError if an option is of no use
 * @throws ShapeError if the shapes do not fit
 */
export function convolve2d(x: Tensor, weight: Tensor, options: Convolve2dOptions = {}): Tensor {
  checkOptions('convolve2d', options, OPTIONS);
  const kernel = kernelOf('convolve2d', x, weight);
  const attributes = convAttributes('convolve2d', options, kernel);
  return applyOperatorFor('convolve2d', 'conv2d', operands(x, weight, options.bias), {
    ...attributes,
  });
}

/**
 * Transposed convolution as the layer `convTranspose2d` does it: x [N, C, H, W] and weight [C, O / groups, rows, columns] →
 * [N, O, H', W'].
 *
 * @throws as `convolve2d`
 */
export function convolveTransposed2d(
  x: Tensor,
  weight: Tensor,
  options: ConvolveTransposed2dOptions = {},
): Tensor {
  checkOptions('convolveTransposed2d', options, TRANSPOSED_OPTIONS);
  kernelOf('convolveTransposed2d', x, weight);
  const attributes = transposeAttributes('convolveTransposed2d', options);
  return applyOperatorFor(
    'convolveTransposed2d',
    'convTranspose2d',
    operands(x, weight, options.bias),
    { ...attributes },
  );
}

function operands(x: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor[] {
  return bias === undefined ? [x, weight] : [x, weight, bias];
}

function kernelOf(what: string, x: Tensor, weight: Tensor): readonly number[] {
  requirePictures(what, x);
  requireTensor(what, weight);
  const { shape } = weight;
  if (shape.length === 4 && shape[0] !== 'N') return shape.slice(2) as number[];
  throw new ShapeError(
    `${what}: weight is ${formatShape(shape)}, expected [channels, channels / groups, rows, columns]`,
  );
}

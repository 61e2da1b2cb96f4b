// Functions over tensors made of powers and of what else is one element's business; and the spread of many.
import { checkOptions, type OptionNames, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { product, sampleShape } from '../shape.js';
import {
  applyOperator,
  broadcast,
  div,
  mean,
  mul,
  type ReduceOptions,
  requireTensor,
  sqrt,
  sub,
  sum,
  Tensor,
} from './tensor.js';

/** x². */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** 1 / x. */
export function reciprocal(x: Tensor): Tensor {
  return div(1, x);
}

/** 1 / √x. */
export function rsqrt(x: Tensor): Tensor {
  return div(1, sqrt(x));
}

/** The sine, within 1 ulp, of any angle. */
export function sin(x: Tensor): Tensor {
  return applyOperator('sin', [x]);
}

/** The cosine, within 1 ulp, of any angle. */
export function cos(x: Tensor): Tensor {
  return applyOperator('cos', [x]);
}

/**
 * x to the power of one number. 0, ±0.5, ±1, 2, 3, and 4 are what multiplication, division and the square root make of them; others
 * are within 1 ulp. NaN of a negative x, but for whole exponents.
 *
 * @throws ConfigError if the exponent is not finite; ShapeError if it is 2^24 or more, where float32 has no odd numbers
 */
export function pow(x: Tensor, exponent: number): Tensor {
  requireTensor('pow', x);
  const p = requireNumber('pow', 'exponent', exponent);
  switch (Math.fround(p)) {
    case 0:
      return broadcast(new Tensor(x.builder, x.builder.constant(1)), x.shape);
    case 1:
      return x;
    case 2:
      return square(x);
    case 3:
      return mul(square(x), x);
    case 4:
      return square(square(x));
    case 0.5:
      return sqrt(x);
    case -0.5:
      return rsqrt(x);
    case -1:
      return reciprocal(x);
    default:
      return applyOperator('pow', [x], { exponent: p });
  }
}

/** As for `sum`, and what is taken off the count of numbers. */
export interface VarianceOptions extends ReduceOptions {
  /** The sum is divided by the count less this. Default 1, as in PyTorch. */
  readonly correction?: number;
}

const VARIANCE_OPTIONS: OptionNames<VarianceOptions> = {
  axes: true,
  keepDims: true,
  correction: true,
};

/**
 * Variance over axes: the sum of squared distances from the mean, over the count less `correction`.
 *
 * @throws ShapeError for the batch axis; ConfigError if nothing is left to divide by
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  requireTensor('variance', x);
  checkOptions('variance', options, VARIANCE_OPTIONS);
  const { correction = 1, ...reduce } = options;
  const { keepDims: _, ...over } = reduce;
  requireNumber('variance', 'correction', correction);
  const middle = mean(x, { ...over, keepDims: true });
  const count = product(sampleShape(x.shape)) / product(sampleShape(middle.shape));
  if (!(count - correction > 0)) {
    throw new ConfigError(
      `variance: of ${count} numbers with correction ${correction} nothing is left to divide by`,
    );
  }
  return div(sum(square(sub(x, middle)), reduce), count - correction);
}

/** Standard deviation over axes: the square root of `variance`. */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  return sqrt(variance(x, options));
}

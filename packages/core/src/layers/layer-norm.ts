// Normalisation of a sample's own values: the last axes, or groups of channels. Samples do not meet.
import {
  ConfigError,
  checkOptions,
  describeValue,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { constant, zeros } from '../initializers/initializer.js';
import type { Scope } from '../model/model.js';
import { applyOperator, requireFloats, reshape, type Tensor } from '../model/tensor.js';
import { formatShape, isBatched, MAX_ELEMENTS, product } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';

/** What `layerNorm` takes. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether it has a weight, and a bias, for each element. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias with the weight. Default true. */
  readonly bias?: boolean;
}

/** What `rmsNorm` takes. */
export interface RmsNormOptions {
  /** Added to the mean square. Default 2⁻²³, float32's epsilon. */
  readonly epsilon?: number;
  /** Whether it has a weight for each element. Default true. */
  readonly elementwiseAffine?: boolean;
}

/** What `groupNorm` takes. */
export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether it has a weight and a bias for each channel. Default true. */
  readonly affine?: boolean;
}

const LAYER_OPTIONS: OptionNames<LayerNormOptions> = {
  epsilon: true,
  elementwiseAffine: true,
  bias: true,
};
const RMS_OPTIONS: OptionNames<RmsNormOptions> = { epsilon: true, elementwiseAffine: true };
const GROUP_OPTIONS: OptionNames<GroupNormOptions> = { epsilon: true, affine: true };

/** The lengths of the last axes: one, or several. */
export type NormalizedShape = number | readonly number[];

/**
 * Layer normalisation over the last axes of x [N, …, ...normalizedShape]: (x − mean) / √(variance + ε) · `weight` + `bias`, with
 * weight and bias of normalizedShape. As PyTorch's LayerNorm.
 *
 * @throws ConfigError if a size or an option is not what it should be
 * @throws ShapeError when traced, if the input's last axes are others
 * Source: Ba, Kiros, Hinton, Layer Normalization (2016).
 */
export function layerNorm(
  normalizedShape: NormalizedShape,
  options: LayerNormOptions = {},
): SharedLayer {
  checkOptions('layerNorm', options, LAYER_OPTIONS);
  const { epsilon = 1e-5, elementwiseAffine = true, bias = true } = options;
  requireBoolean('layerNorm', 'bias', bias);
  return overLastAxes('layerNorm', normalizedShape, {
    epsilon,
    weight: elementwiseAffine,
    bias: elementwiseAffine && bias,
    centred: 1,
  });
}

/**
 * Root-mean-square normalisation over the last axes: x / √(mean of x² + ε) · `weight`. As the RMSNorm of newer PyTorch.
 *
 * @throws as `layerNorm`
 * Source: Zhang, Sennrich, Root Mean Square Layer Normalization (2019).
 */
export function rmsNorm(
  normalizedShape: NormalizedShape,
  options: RmsNormOptions = {},
): SharedLayer {
  checkOptions('rmsNorm', options, RMS_OPTIONS);
  const { epsilon = 2 ** -23, elementwiseAffine = true } = options;
  return overLastAxes('rmsNorm', normalizedShape, {
    epsilon,
    weight: elementwiseAffine,
    bias: false,
    centred: 0,
  });
}

/**
 * Normalisation of groups of channels, x [N, C, …], each group of a sample by itself, over all places; `weight` and `bias` are
 * [C]. One group is layer normalisation of all but its weights, C groups are instance normalisation. As PyTorch's GroupNorm.
 *
 * @throws ConfigError if a size or an option is not what it should be, or the channels are not cut evenly
 * @throws ShapeError when traced, if the input has other channels
 * Source: Wu, He, Group Normalization (2018).
 */
export function groupNorm(
  numGroups: number,
  numChannels: number,
  options: GroupNormOptions = {},
): SharedLayer {
  requireInteger('groupNorm', 'numChannels', numChannels, 1, MAX_ELEMENTS);
  requireInteger('groupNorm', 'numGroups', numGroups, 1, numChannels);
  checkOptions('groupNorm', options, GROUP_OPTIONS);
  const { epsilon = 1e-5, affine = true } = options;
  requireNumber('groupNorm', 'epsilon', epsilon, { min: 0 });
  requireBoolean('groupNorm', 'affine', affine);
  if (numChannels % numGroups !== 0) {
    throw new ConfigError(
      `groupNorm: ${numChannels} channels are not cut into ${numGroups} groups of one size`,
    );
  }
  return shared((x, scope) => {
    requireFloats('groupNorm', x);
    const [batch, channels, ...places] = x.shape;
    if (batch !== 'N' || channels !== numChannels) {
      throw new ShapeError(
        `groupNorm: input is ${formatShape(x.shape)}, the layer was built for [N, ${numChannels}, …]`,
      );
    }
    const affines = affine ? affineOf(scope, [numChannels], true) : [];
    return normalise(x, affines, {
      axis: 1,
      groups: numGroups,
      inner: product(places as number[]),
      epsilon,
      centred: 1,
    });
  });
}

interface Normalisation {
  readonly epsilon: number;
  readonly weight: boolean;
  readonly bias: boolean;
  readonly centred: number;
}

function overLastAxes(
  what: string,
  normalizedShape: NormalizedShape,
  { epsilon, weight, bias, centred }: Normalisation,
): SharedLayer {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new ConfigError(
      `${what}: normalizedShape is ${describeValue(normalizedShape)}, expected a length or a list of some`,
    );
  }
  for (const length of shape) requireInteger(what, 'normalizedShape', length, 1, MAX_ELEMENTS);
  requireNumber(what, 'epsilon', epsilon, { min: 0 });
  requireBoolean(what, 'elementwiseAffine', weight);
  return shared((x, scope) => {
    requireFloats(what, x);
    const axis = x.shape.length - shape.length;
    if (!isBatched(x.shape) || axis < 1 || x.shape.slice(axis).join() !== shape.join()) {
      throw new ShapeError(
        `${what}: input is ${formatShape(x.shape)}, the layer was built for [N, …, ${shape.join(', ')}]`,
      );
    }
    const affines = weight ? affineOf(scope, shape, bias) : [];
    return normalise(x, affines, { axis, groups: 1, inner: 1, epsilon, centred });
  });
}

/** Weight and bias of the shape, in a row. */
function affineOf(scope: Scope, shape: readonly number[], bias: boolean): Tensor[] {
  const affines = [scope.parameter('weight', shape, constant(1))];
  if (bias) affines.push(scope.parameter('bias', shape, zeros()));
  return affines.map((affine) => (shape.length === 1 ? affine : reshape(affine, [-1])));
}

function normalise(
  x: Tensor,
  affines: readonly Tensor[],
  attributes: Readonly<Record<'axis' | 'groups' | 'inner' | 'epsilon' | 'centred', number>>,
): Tensor {
  const { shape } = x;
  const record = applyOperator('groupNorm', [x, ...affines], { ...attributes, shape });
  return applyOperator('recordOutput', [record], { shape });
}

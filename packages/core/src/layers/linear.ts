// The fully connected layer: a row of artificial neurons.
import { checkOptions, requireBoolean, requireInteger } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import type { Initializer } from '../initializers/initializer.js';
import { biasUniform, kaimingUniform } from '../initializers/initializer.js';
import { add, matmul, requireFloats, transpose } from '../model/tensor.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';

/** What `linear` takes. */
export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Default: Kaiming uniform with a = √5, as in PyTorch. */
  readonly weightInit?: Initializer;
  /** Default: uniform in ±1/√inFeatures, as in PyTorch. */
  readonly biasInit?: Initializer;
}

/**
 * y = x Wᵀ + b, with x [N, …, inFeatures], y [N, …, outFeatures], `weight` [outFeatures, inFeatures] and
 * `bias` [outFeatures]. Used twice in a model, it has one weight and one bias.
 *
 * @throws ConfigError if a size is not a positive whole number
 * @throws ShapeError when traced, if the input's last axis is not inFeatures
 */
export function linear(
  inFeatures: number,
  outFeatures: number,
  options: LinearOptions = {},
): SharedLayer {
  requireInteger('linear', 'inFeatures', inFeatures, 1, MAX_ELEMENTS);
  requireInteger('linear', 'outFeatures', outFeatures, 1, MAX_ELEMENTS);
  checkOptions('linear', options, { bias: true, weightInit: true, biasInit: true });
  const { bias = true } = options;
  requireBoolean('linear', 'bias', bias);
  const {
    weightInit = kaimingUniform({ a: Math.sqrt(5) }),
    biasInit = biasUniform({ fanIn: inFeatures }),
  } = options;
  return shared((x, scope) => {
    requireFloats('linear', x);
    const features = x.shape.at(-1);
    if (x.shape.length < 2 || features !== inFeatures) {
      const hint =
        x.shape.length > 2 ? ` (input is ${formatShape(x.shape)}; is a flatten() missing?)` : '';
      throw new ShapeError(
        `linear: input has ${x.shape.length < 2 ? 'no' : features} features, the layer was built for ${inFeatures}${hint}`,
      );
    }
    const weight = scope.parameter('weight', [outFeatures, inFeatures], weightInit);
    const product = matmul(x, transpose(weight));
    if (!bias) return product;
    return add(product, scope.parameter('bias', [outFeatures], biasInit));
  });
}

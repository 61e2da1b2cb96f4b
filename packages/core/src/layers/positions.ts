// What tells positions of a sequence apart: numbers that are added to each, learnt or known.
import { checkOptions, type OptionNames, requireInteger, requireNumber } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { type Initializer, normal } from '../initializers/initializer.js';
import { concat, slice } from '../model/joining.js';
import type { Layer } from '../model/model.js';
import { rotationTable } from '../model/rotation-table.js';
import { add, requireFloats, reshape, type Tensor } from '../model/tensor.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';

/** What `positionalEmbedding` takes. */
export interface PositionalEmbeddingOptions {
  /** Default: normal with mean 0 and standard deviation 1, as PyTorch's Embedding. */
  readonly weightInit?: Initializer;
}

/** What `sinusoidalPositions` takes. */
export interface SinusoidalPositionsOptions {
  /** Of the wavelengths, which go from 2π to 2π · base. Default 10,000. */
  readonly base?: number;
}

const LEARNT: OptionNames<PositionalEmbeddingOptions> = { weightInit: true };
const KNOWN: OptionNames<SinusoidalPositionsOptions> = { base: true };

/**
 * x [N, T, size] + the first T rows of `weight` [length, size], which is learnt.
 *
 * @throws ConfigError if a size is not a positive whole number
 * @throws ShapeError when traced, if x is no sequence of at most `length` positions of that size
 */
export function positionalEmbedding(
  length: number,
  size: number,
  options: PositionalEmbeddingOptions = {},
): SharedLayer {
  requireInteger('positionalEmbedding', 'length', length, 1, MAX_ELEMENTS);
  requireInteger('positionalEmbedding', 'size', size, 1, MAX_ELEMENTS);
  checkOptions('positionalEmbedding', options, LEARNT);
  const { weightInit = normal() } = options;
  return shared((x, scope) => {
    const positions = sequenceLength('positionalEmbedding', x);
    if (positions > length || x.shape[2] !== size) {
      throw new ShapeError(
        `positionalEmbedding: input is ${formatShape(x.shape)}, expected [N, T, ${size}] with T up to ${length}`,
      );
    }
    const weight = scope.parameter('weight', [length, size], weightInit);
    return add(x, slice(weight, 0, positions, 0));
  });
}

/**
 * x [N, T, E], E even, + known numbers: features 2i and 2i + 1 of position t are the sine and the cosine of
 * t · base^(−2i / E). Nothing is learnt.
 *
 * @throws ConfigError if base is not above 0
 * @throws ShapeError when traced, if x is no sequence, or E is odd
 * Source: Vaswani et al., Attention is all you need (2017), §3.5.
 */
export function sinusoidalPositions(options: SinusoidalPositionsOptions = {}): Layer {
  checkOptions('sinusoidalPositions', options, KNOWN);
  const { base = 10_000 } = options;
  requireNumber('sinusoidalPositions', 'base', base, { above: 0 });
  return (x, scope) => {
    const length = sequenceLength('sinusoidalPositions', x);
    const size = x.shape[2] as number;
    if (size % 2 !== 0) {
      throw new ShapeError(
        `sinusoidalPositions: input is ${formatShape(x.shape)}, expected an even number of features`,
      );
    }
    const { cosines, sines } = rotationTable(scope, length, size, base);
    const apart = (table: Tensor): Tensor => reshape(table, [length, size / 2, 1]);
    return add(x, reshape(concat([apart(sines), apart(cosines)]), [length, size]));
  };
}

function sequenceLength(what: string, x: Tensor): number {
  requireFloats(what, x);
  if (x.shape.length === 3 && x.shape[0] === 'N') return x.shape[1] as number;
  throw new ShapeError(`${what}: input is ${formatShape(x.shape)}, expected sequences [N, T, E]`);
}

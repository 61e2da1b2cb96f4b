// Rotary positions: features are turned, pair by pair, by angles that grow with the position.
import { checkOptions, type OptionNames, requireInteger, requireNumber } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { concat } from '../model/joining.js';
import type { Layer, Scope } from '../model/model.js';
import { rotationTable } from '../model/rotation-table.js';
import { applyOperator, requireFloats, type Tensor } from '../model/tensor.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';

/** What `rotaryEmbedding` takes. */
export interface RotaryEmbeddingOptions {
  /** Of the angles. Default 10,000. */
  readonly base?: number;
}

const OPTIONS: OptionNames<RotaryEmbeddingOptions> = { base: true };
const BASE = 10_000;

/** Turns the first `heads` stretches of `size` features of x [N, T, W]; what is behind them stays. */
export function turnHeads(
  x: Tensor,
  scope: Scope,
  { heads, size, base = BASE }: { heads: number; size: number; base?: number },
): Tensor {
  if (x.shape.length !== 3 || size % 2 !== 0 || heads * size > (x.shape[2] as number)) {
    throw new ShapeError(
      `rotaryEmbedding: ${heads} heads of ${size} features of ${formatShape(x.shape)}; expected [N, T, E] of heads with an even number of features`,
    );
  }
  const { cosines, sines } = rotationTable(scope, x.shape[1] as number, size, base);
  return applyOperator('rotary', [x, concat([cosines, sines])], { heads, back: 0 });
}

/**
 * Turns queries or keys [N, T, heads · headSize] by their positions: the features f and f + headSize / 2 of a head are the
 * two coordinates of a point (the halves convention of GPT-NeoX and Llama, not the neighbours of the paper), which is turned
 * by position · base^(−2f / headSize). Products of queries and keys then depend on how far apart they are.
 *
 * In `multiHeadAttention` it is the option `rotary`.
 *
 * @throws ConfigError if a size is no whole number, or base not above 0
 * @throws ShapeError when traced, if headSize is odd, or does not divide the features
 * Source: Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding (2021).
 */
export function rotaryEmbedding(headSize: number, options: RotaryEmbeddingOptions = {}): Layer {
  requireInteger('rotaryEmbedding', 'headSize', headSize, 2, MAX_ELEMENTS);
  checkOptions('rotaryEmbedding', options, OPTIONS);
  const { base = BASE } = options;
  requireNumber('rotaryEmbedding', 'base', base, { above: 0 });
  return (x, scope) => {
    requireFloats('rotaryEmbedding', x);
    const heads = (x.shape.at(-1) as number) / headSize;
    if (!Number.isInteger(heads)) {
      throw new ShapeError(
        `rotaryEmbedding: input is ${formatShape(x.shape)}, which is no heads of ${headSize} features`,
      );
    }
    return turnHeads(x, scope, { heads, size: headSize, base });
  };
}

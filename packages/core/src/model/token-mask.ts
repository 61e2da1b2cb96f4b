// Which positions of tokens count.
import { requireInteger } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { formatShape } from '../shape.js';
import { applyOperator, requireTensor, type Tensor } from './tensor.js';

/**
 * 1 where a token is another one than `index`, 0 where it is that one: tokens [N, …] → numbers [N, …]. With the index of
 * padding it says which positions count, and its sum how long a sample is.
 *
 * @throws ConfigError if index is no whole number of 32 bits
 * @throws ShapeError if these are no tokens
 */
export function tokenMask(tokens: Tensor, index: number): Tensor {
  requireTensor('tokenMask', tokens);
  requireInteger('tokenMask', 'index', index, -0x8000_0000, 0x7fff_ffff);
  if (tokens.type !== 'i32') {
    throw new ShapeError(
      `tokenMask: the input is ${formatShape(tokens.shape)} numbers, expected tokens; give the data its vocabulary`,
    );
  }
  return applyOperator('differsFrom', [tokens], { value: index });
}

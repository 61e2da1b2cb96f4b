// Cosines and sines of positions times frequencies, for positions of sequences. A table of many positions is made in the
// graph, by adding angles, of two short tables: constants travel with it, and there may not be many of them.
import { cos, exp, log } from '../math/elementary.js';
import { slice } from './joining.js';
import type { Scope } from './model.js';
import { add, mul, reshape, sub, type Tensor } from './tensor.js';

const QUARTER = 1.5707963267948966;

/** cos and sin [length, size / 2] of position × base^(−2i/size): i counts the pairs of features. */
export function rotationTable(
  scope: Scope,
  length: number,
  size: number,
  base: number,
): { readonly cosines: Tensor; readonly sines: Tensor } {
  const half = size / 2;
  const frequencies = Array.from({ length: half }, (_, i) => exp((-2 * i * log(base)) / size));
  const fine = Math.ceil(Math.sqrt(length));
  const coarse = Math.ceil(length / fine);
  const table = (count: number, step: number, shift: number): number[] =>
    Array.from({ length: count * half }, (_, at) => {
      const position = Math.floor(at / half) * step;
      return cos(position * frequencies[at % half]! - shift);
    });
  const [cosA, sinA] = [0, QUARTER].map((shift) =>
    scope.constant(table(coarse, fine, shift), [coarse, 1, half]),
  ) as [Tensor, Tensor];
  const [cosB, sinB] = [0, QUARTER].map((shift) =>
    scope.constant(table(fine, 1, shift), [1, fine, half]),
  ) as [Tensor, Tensor];
  const whole = (x: Tensor): Tensor => slice(reshape(x, [coarse * fine, half]), 0, length, 0);
  return {
    cosines: whole(sub(mul(cosA, cosB), mul(sinA, sinB))),
    sines: whole(add(mul(sinA, cosB), mul(cosA, sinB))),
  };
}

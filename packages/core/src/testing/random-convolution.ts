// A random convolution, or transposed one, of any batched tensor of a random model: seen as small pictures.
import { convolve2d, convolveTransposed2d } from '../layers/convolve.js';
import { reshape, type Tensor } from '../model/tensor.js';
import { isBatched, product, sampleShape } from '../shape.js';
import type { Random } from './random.js';

/**
 * @param parameter makes one of a shape, with values of at most 1 or so
 * @returns the tensor, and how many products each of its elements sums up at most; nothing if x is no batch of pictures
 */
export function randomConvolution(
  x: Tensor,
  random: Random,
  parameter: (shape: readonly number[]) => Tensor,
): { readonly tensor: Tensor; readonly terms: number } | undefined {
  const dims = sampleShape(x.shape);
  if (!isBatched(x.shape) || dims.length > 3) return undefined;
  const picture = [...[1, 1, 1].slice(dims.length), ...dims] as [number, number, number];
  const [channels] = picture;
  const pictures = reshape(x, picture);
  const kernel = [random.integer(1, 3), random.integer(1, 3)];
  const groups = random.pick([1, channels]);
  const stride = [random.integer(1, 2), random.integer(1, 2)] as const;
  // What a kernel of three wants at the least.
  const padding = [1, 1] as const;
  const others = groups * random.integer(1, 5);
  if (random.next() < 0.3) {
    // At the least two rows and columns come out, but for the border.
    const weight = parameter([channels, others / groups, kernel[0]! + 2, kernel[1]! + 2]);
    const tensor = convolveTransposed2d(pictures, weight, { stride, padding, groups });
    return { tensor, terms: (channels / groups) * product(kernel.map((taps) => taps + 2)) };
  }
  const terms = (channels / groups) * product(kernel);
  const weight = parameter([others, channels / groups, ...kernel]);
  const bias = random.next() < 0.5 ? parameter([others]) : undefined;
  return {
    tensor: convolve2d(pictures, weight, { stride, padding, groups, bias }),
    terms: terms + 1,
  };
}

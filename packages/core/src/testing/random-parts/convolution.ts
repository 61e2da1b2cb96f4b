// A convolution, or a transposed one, of any batched tensor of up to three axes besides the batch's: seen as small pictures.
import { convolve2d, convolveTransposed2d } from '../../layers/convolve.js';
import { reshape } from '../../model/tensor.js';
import { isBatched, product, sampleShape } from '../../shape.js';
import type { Part } from './part.js';

export const convolution: Part = (growth, { tensor: x, bound }) => {
  const { random } = growth;
  const dims = sampleShape(x.shape);
  if (!isBatched(x.shape) || dims.length > 3) return;
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
    const weight = growth.parameter([channels, others / groups, kernel[0]! + 2, kernel[1]! + 2]);
    const tensor = convolveTransposed2d(pictures, weight, { stride, padding, groups });
    const terms = (channels / groups) * product(kernel.map((taps) => taps + 2));
    growth.add(tensor, bound * terms);
    return;
  }
  const terms = (channels / groups) * product(kernel);
  const weight = growth.parameter([others, channels / groups, ...kernel]);
  const bias = random.next() < 0.5 ? growth.parameter([others]) : undefined;
  const tensor = convolve2d(pictures, weight, { stride, padding, groups, bias });
  growth.add(tensor, bound * (terms + 1));
};

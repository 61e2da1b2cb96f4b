// What networks of pictures have in common: which samples are pictures.
import { ShapeError } from '../errors.js';
import { requireTensor, reshape, type Tensor } from '../model/tensor.js';
import { formatShape } from '../shape.js';

/**
 * The sample as a picture [N, channels, height, width]; [N, height, width] has one channel.
 *
 * @param least pixels that a side must have
 * @throws ShapeError if it is none, or too small
 */
export function asPicture(network: string, x: Tensor, least: number): Tensor {
  requireTensor(network, x);
  const rank = x.shape.length;
  if (rank !== 3 && rank !== 4) {
    throw new ShapeError(
      `${network}: input is ${formatShape(x.shape)}, expected pictures [N, channels, height, width] or [N, height, width]`,
    );
  }
  const [height, width] = x.shape.slice(-2) as [number, number];
  if (Math.min(height, width) < least) {
    throw new ShapeError(
      `${network}: pictures are ${height} × ${width}, expected at least ${least} × ${least}`,
    );
  }
  return rank === 4 ? x : reshape(x, [1, height, width]);
}

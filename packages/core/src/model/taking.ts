// Functions over tensors that pick rows of an axis by numbers.
import { describeValue } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { formatShape } from '../shape.js';
import { axisOf } from './axes.js';
import { applyOperator, requireTensor, Tensor } from './tensor.js';

/** Whole numbers up to here are float32 numbers. */
const MOST = 2 ** 24;

/**
 * The elements of an axis that a list names, in its order, the same for all samples; one may be named several times.
 * As PyTorch's `index_select`.
 *
 * @param indices whole numbers; negative ones count from the axis's end
 * @param axis the last one by default; negative ones count from the end
 * @throws ConfigError if these are no whole numbers
 * @throws ShapeError if one names no element of the axis, or it is the batch axis
 */
export function take(x: Tensor, indices: ArrayLike<number>, axis = -1): Tensor {
  requireTensor('take', x);
  const along = axisOf('take', x, axis);
  const length = x.shape[along] as number;
  if (!(Array.isArray(indices) || ArrayBuffer.isView(indices)) || indices.length === 0) {
    throw new ConfigError(
      `take: the indices are ${describeValue(indices)}, expected a list of whole numbers, at least one`,
    );
  }
  const rows = Float32Array.from(indices as ArrayLike<number>, (index, i) => {
    if (!Number.isInteger(index)) {
      throw new ConfigError(
        `take: index ${i} is ${describeValue(index)}, expected a whole number; numbers that the network computes or reads are for gather`,
      );
    }
    const row = index < 0 ? index + length : index;
    if (row < 0 || row >= Math.min(length, MOST)) {
      throw new ShapeError(
        `take: index ${i} is ${index}, axis ${along} of ${formatShape(x.shape)} has ${length} elements`,
      );
    }
    return row;
  });
  const list = new Tensor(x.builder, x.builder.constantTensor(rows, [rows.length]));
  return applyOperator('take', [x, list], { axis: along });
}

/**
 * Elements of an axis by whole numbers that each sample brings: x [N, A…, L, R…] by tokens or labels [N, A…, K…] →
 * [N, A…, K…, R…], with out[n, a, k, r] = x[n, a, indices[n, a, k], r]. The axes A before the one that is read are those of both.
 * Of scores [N, T, C] `gather(scores, labels, 2)` is the score of each label [N, T]; `gather(x, positions, 1)` of x [N, T, D] and
 * positions [N, K] are the rows [N, K, D].
 *
 * A number outside of [0, L), such as −100 of positions that do not count, gives zeros and gets no gradient. ONNX does not allow
 * such numbers.
 *
 * As TensorFlow's `gather` with `batch_dims` = axis; PyTorch's `gather` of one number per row.
 *
 * @param axis the last one by default; negative ones count from the end
 * @throws ShapeError if the indices are no whole numbers, or have other axes before the one that is read
 */
export function gather(x: Tensor, indices: Tensor, axis = -1): Tensor {
  requireTensor('gather', x);
  requireTensor('gather', indices);
  const along = axisOf('gather', x, axis);
  if (indices.type !== 'i32') {
    throw new ShapeError(
      `gather: the indices are ${formatShape(indices.shape)} numbers, expected tokens or labels; constants are for take`,
    );
  }
  return applyOperator('gather', [x, indices], { axis: along });
}

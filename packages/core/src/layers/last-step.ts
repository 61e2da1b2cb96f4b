// A sequence's last step: what a recurrent layer knows of a whole sequence.
import { checkOptions, type OptionNames, requireBoolean } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { concat, slice } from '../model/joining.js';
import type { Layer } from '../model/model.js';
import {
  applyOperator,
  mul,
  requireFloats,
  requireTensor,
  reshape,
  sub,
  sum,
  Tensor,
} from '../model/tensor.js';
import { formatShape, isBatched } from '../shape.js';

/** What `lastStep` takes as a layer. */
export interface LastStepOptions {
  /**
   * Whether the second half of the features reads backward, as of a bidirectional layer: its last step is the first one.
   * Default false.
   */
  readonly bidirectional?: boolean;
}

/** What `lastStep` takes of a tensor. */
export interface LastStepInputs extends LastStepOptions {
  /** [N] how many steps of each sample are real. Left out: all. */
  readonly lengths?: Tensor;
}

const OPTIONS: OptionNames<LastStepOptions> = { bidirectional: true };
const INPUTS: OptionNames<LastStepInputs> = { bidirectional: true, lengths: true };

/**
 * The last step of a sequence, [N, steps, features] → [N, features], as a layer or of a tensor. Of a recurrent layer's output
 * it is the state behind the last step, PyTorch's `h_n` of the last layer; of a bidirectional one both, side by side.
 *
 * ```ts
 * const model = sequential(lstm(8, 64), lastStep(), linear(64, 2));
 * ```
 *
 * With `lengths` it is each sample's last real step, and 0 where there is none; a sample that is longer than the sequence ends with
 * it.
 *
 * @throws ShapeError if it is no sequence
 */
export function lastStep(options?: LastStepOptions): Layer;
export function lastStep(x: Tensor, inputs?: LastStepInputs): Tensor;
export function lastStep(
  first: Tensor | LastStepOptions = {},
  inputs: LastStepInputs = {},
): Layer | Tensor {
  if (first instanceof Tensor) {
    checkOptions('lastStep', inputs, INPUTS);
    return last(first, inputs);
  }
  checkOptions('lastStep', first, OPTIONS);
  const { bidirectional = false } = first;
  requireBoolean('lastStep', 'bidirectional', bidirectional);
  return (x) => last(x, { bidirectional });
}

function last(x: Tensor, { bidirectional = false, lengths }: LastStepInputs): Tensor {
  requireFloats('lastStep', x);
  requireBoolean('lastStep', 'bidirectional', bidirectional);
  const { shape } = x;
  if (shape.length !== 3 || !isBatched(shape)) {
    throw new ShapeError(
      `lastStep: expected a sequence [N, steps, features], got ${formatShape(shape)}`,
    );
  }
  const [, steps, features] = shape as [unknown, number, number];
  if (bidirectional) {
    const half = features / 2;
    if (!Number.isInteger(half)) {
      throw new ShapeError(`lastStep: ${features} features are no two directions of equally many`);
    }
    const forward = last(slice(x, 0, half), { ...(lengths && { lengths }) });
    return concat([forward, reshape(slice(slice(x, half), 0, 1, 1), [half])]);
  }
  if (!lengths) return reshape(slice(x, steps - 1, steps, 1), [features]);
  return sum(mul(x, reshape(isLast(lengths, steps), [steps, 1])), { axes: 1 });
}

/** The largest float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

/** [N, steps] 1 at each sample's last step, else 0. */
function isLast(lengths: Tensor, steps: number): Tensor {
  requireTensor('lastStep: lengths', lengths);
  const { shape } = lengths;
  if (!isBatched(shape) || shape.length > 2 || (shape[1] ?? 1) !== 1) {
    throw new ShapeError(`lastStep: lengths are ${formatShape(shape)}, expected [N]`);
  }
  const isBeyond = (places: readonly number[]): Tensor =>
    applyOperator('step', [sub(reshape(lengths, [1]), places)]);
  const places = Array.from({ length: steps }, (_, t) => t);
  // Whoever is longer than the sequence ends with it, as recurrent layers have it: nothing is beyond its last step.
  return sub(isBeyond(places), isBeyond([...places.slice(1), LARGEST]));
}

// Functions over tensors that compare and select, element by element, with broadcasting.
import { describeValue, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { broadcastShapes, sameShape } from '../shape.js';
import { constantNode } from './constant.js';
import {
  applyOperator,
  binary,
  broadcast,
  neg,
  type Operand,
  type ReduceOptions,
  reduce,
  requireTensor,
  sub,
  Tensor,
} from './tensor.js';

/** The larger of a and b; the gradient is shared where they are equal. */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b);
}

/** The smaller of a and b; the gradient is shared where they are equal. */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b);
}

/** |x|; the gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return applyOperator('abs', [x]);
}

/** 1 where x > 0, −1 where x < 0, else 0. No gradient flows through it. */
export function sign(x: Tensor): Tensor {
  requireTensor('sign', x);
  return sub(applyOperator('step', [x]), applyOperator('step', [neg(x)]));
}

/** Minimum over axes; the gradient is shared where there are several. @throws ShapeError for the batch axis */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  requireTensor('min', x);
  return neg(reduce('max', neg(x), options, 'min'));
}

/** min(max(x, low), high); the gradient is 1 at both ends too. @throws ConfigError unless low ≤ high, both finite */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  requireTensor('clamp', x);
  const ends = {
    low: requireNumber('clamp', 'low', low) + 0,
    high: requireNumber('clamp', 'high', high) + 0,
  };
  if (low > high) throw new ConfigError(`clamp: low is ${low}, which is above high, ${high}`);
  return applyOperator('clamp', [x], ends);
}

/** 1 where a > b, else 0. No gradient flows through it, nor through the others of its kind. */
export function greater(a: Operand, b: Operand): Tensor {
  return binary('greater', a, b);
}

/** 1 where a < b, else 0. */
export function less(a: Operand, b: Operand): Tensor {
  return binary('greater', b, a);
}

/** 1 where a ≥ b, else 0. */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return binary('greaterEqual', a, b);
}

/** 1 where a ≤ b, else 0. */
export function lessEqual(a: Operand, b: Operand): Tensor {
  return binary('greaterEqual', b, a);
}

/** 1 where a = b, else 0. */
export function equal(a: Operand, b: Operand): Tensor {
  return binary('equal', a, b);
}

/** 1 where a ≠ b, else 0. */
export function notEqual(a: Operand, b: Operand): Tensor {
  return binary('notEqual', a, b);
}

/**
 * a where the condition is not 0, else b, all three broadcast to one shape.
 *
 * @param condition such as `greater(x, 0)`; no gradient flows to it
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  requireTensor('where', condition);
  const { builder } = condition;
  const tensors = [condition, a, b].map((operand) => {
    if (operand instanceof Tensor) return operand;
    if (typeof operand === 'number' || typeof operand?.length === 'number') {
      return new Tensor(builder, constantNode(builder, 'where', operand));
    }
    throw new ConfigError(
      `where: expected a tensor or a number to select, got ${describeValue(operand)}`,
    );
  });
  const shape = tensors
    .map((tensor) => tensor.shape)
    .reduce((all, next) => broadcastShapes(all, next, 'where'));
  return applyOperator(
    'where',
    tensors.map((tensor) => (sameShape(tensor.shape, shape) ? tensor : broadcast(tensor, shape))),
  );
}

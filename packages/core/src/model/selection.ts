// Functions over tensors that select, made of the threshold: exact for finite numbers, with the gradient of what they select.
import { add, applyOperator, mul, neg, type Operand, sub, type Tensor } from './tensor.js';

/** The larger of a and b, element by element, with broadcasting; b where they are equal. */
export function maximum(a: Operand, b: Operand): Tensor {
  const first = threshold(sub(a, b));
  return add(mul(first, a), mul(sub(1, first), b));
}

/** The smaller of a and b, element by element, with broadcasting; b where they are equal. */
export function minimum(a: Operand, b: Operand): Tensor {
  const first = threshold(sub(b, a));
  return add(mul(first, a), mul(sub(1, first), b));
}

/** |x|; the gradient at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return add(applyOperator('relu', [x]), applyOperator('relu', [neg(x)]));
}

/** 1 where x > 0, −1 where x < 0, else 0. No gradient flows through it. */
export function sign(x: Tensor): Tensor {
  return sub(threshold(x), threshold(neg(x)));
}

function threshold(x: Tensor): Tensor {
  return applyOperator('step', [x]);
}

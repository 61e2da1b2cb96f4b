// Operators that work element by element: away from where they bend, as differences cannot tell on which side they are.

import { where } from '../../model/selection.js';
import { applyOperator, Tensor } from '../../model/tensor.js';
import { isBatched } from '../../shape.js';
import { type Build, type Case, either, randomShape } from '../gradient-case.js';

function unary(op: string, low: number, high: number, attributes = {}): Case {
  return (build) => applyOperator(op, [either(build, low, high)], attributes);
}

/** Either below a place or above it. */
function besides(op: string, place: number, attributes = {}): Case {
  return (build) => {
    const isBelow = build.random.next() < 0.5;
    const [low, high] = isBelow ? [place - 2, place - 0.01] : [place + 0.01, place + 2];
    return applyOperator(op, [either(build, low, high)], attributes);
  };
}

/** The first operand is below 0 and the second above, or the other way round. */
function apart(op: string): Case {
  return (build) => {
    const shape = randomShape(build.random);
    const below = build.batched(shape, -2, -0.1);
    const above = build.constant(shape, 0.1, 2);
    return applyOperator(op, build.random.next() < 0.5 ? [below, above] : [above, below]);
  };
}

function chosen(build: Build): Tensor {
  const shape = randomShape(build.random);
  const condition = applyOperator('step', [build.batched(shape.map(() => 1))]);
  const [a, b] = [build.batched(shape), build.constant(shape)];
  return build.random.next() < 0.5 ? where(condition, a, b) : where(condition, b, a);
}

/** Rows of an axis, some of them several times, and one that there is not. */
function taken(build: Build): Tensor {
  const { random } = build;
  const x = either(build, -2, 2, 1);
  const axis = random.integer(isBatched(x.shape) ? 1 : 0, x.shape.length - 1);
  const length = x.shape[axis] as number;
  const rows = Float32Array.from({ length: random.integer(1, 4) }, () => random.integer(0, length));
  const list = new Tensor(x.builder, x.builder.constantTensor(rows, [rows.length]));
  return applyOperator('take', [x, list], { axis });
}

export const ELEMENTS: Readonly<Record<string, Case>> = {
  abs: besides('abs', 0),
  sin: unary('sin', -10, 10),
  cos: unary('cos', -10, 10),
  pow: (build) =>
    build.random.pick([
      unary('pow', 0.5, 2, { exponent: 1.7 }),
      unary('pow', 0.5, 2, { exponent: -0.3 }),
      unary('pow', -2, 2, { exponent: 2 }),
      unary('pow', -2, -0.5, { exponent: -3 }),
      unary('pow', -2, 2, { exponent: 1 }),
    ])(build),
  silu: unary('silu', -5, 5),
  elu: besides('elu', 0, { alpha: 0.7 }),
  softplus: unary('softplus', -3, 3, { beta: 2, threshold: 20 }),
  hardswish: (build) =>
    build.random.pick([besides('hardswish', -3), besides('hardswish', 3)])(build),
  clamp: (build) => besides('clamp', build.random.pick([-0.5, 4]), { low: -0.5, high: 4 })(build),
  hardtanh: (build) => besides('hardtanh', build.random.pick([0, 6]), { low: 0, high: 6 })(build),
  maximum: apart('maximum'),
  minimum: apart('minimum'),
  where: chosen,
  take: taken,
};

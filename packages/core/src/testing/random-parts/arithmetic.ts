// Functions of single numbers that are smooth, or bend at 0 alone; dropout; and arithmetic of two tensors that broadcast.
import { relu, softmax, step } from '../../layers/activations.js';
import {
  add,
  applyOperator,
  div,
  exp,
  log,
  mul,
  neg,
  sqrt,
  sub,
  type Tensor,
} from '../../model/tensor.js';
import { isBatched } from '../../shape.js';
import { type Bounded, type Growth, stretchedShape } from './part.js';

export function unary(growth: Growth, of: Bounded): void {
  const { random } = growth;
  const { tensor: x, bound } = of;
  const positive = (): Tensor => add(applyOperator('sigmoid', [x]), 0.5);
  random.pick([
    () => growth.add(relu(x), bound),
    () => growth.add(applyOperator('leakyRelu', [x], { slope: 0.1 }), bound),
    () => growth.add(applyOperator('sigmoid', [x]), 1),
    () => growth.add(applyOperator('tanh', [x]), 1),
    () => growth.add(applyOperator('gelu', [x]), bound),
    () => growth.add(applyOperator('silu', [x]), bound),
    () => growth.add(applyOperator(random.pick(['sin', 'cos']), [x]), 1),
    () => growth.add(applyOperator('elu', [x], { alpha: 0.7 }), bound),
    () => growth.add(applyOperator('softplus', [x], { beta: 1.5, threshold: 20 }), bound + 1),
    () => growth.add(applyOperator('pow', [positive()], { exponent: -1.3 }), 2.5),
    () => growth.add(step(x), 1),
    () => growth.add(neg(x), bound),
    () => growth.add(exp(mul(x, 2 / bound)), Math.exp(2)),
    () => growth.add(log(positive()), 1),
    () => growth.add(sqrt(positive()), 1.3),
    () => x.shape.length > 1 && growth.add(softmax(x), 1),
    () => x.shape.length > 1 && growth.add(applyOperator('logSoftmax', [x]), 2 * bound + 8),
    () => dropout(growth, of),
    () => dropout(growth, of),
  ])();
}

function dropout(growth: Growth, { tensor: x, bound }: Bounded): void {
  const { random } = growth;
  if (!isBatched(x.shape)) return;
  const layer = random.integer(0, 1000);
  const rate = random.pick([0, 0.1, 0.25, 0.5]);
  growth.add(applyOperator('dropout', [x], { rate, layer }), bound / (1 - rate));
}

export function binary(growth: Growth, { tensor: x, bound }: Bounded): void {
  const { random } = growth;
  const partners = growth.pool.filter(({ tensor }) => fits(x, tensor));
  const other =
    partners.length > 0 && random.next() < 0.6
      ? random.pick(partners)
      : { tensor: growth.parameter(stretchedShape(random, x)), bound: 1 };
  const swap = random.next() < 0.5;
  const [a, b] = swap ? [other.tensor, x] : [x, other.tensor];
  random.pick([
    () => growth.add(add(a, b), bound + other.bound),
    () => growth.add(sub(a, b), bound + other.bound),
    () => growth.add(mul(a, b), bound * other.bound),
    () =>
      growth.add(div(a, add(applyOperator('sigmoid', [b]), 0.5)), 2 * (swap ? other.bound : bound)),
  ])();
}

/** Whether two tensors can be added. */
function fits(a: Tensor, b: Tensor): boolean {
  const rank = Math.max(a.shape.length, b.shape.length);
  for (let back = 1; back <= rank; back++) {
    const left = a.shape.at(-back) ?? 1;
    const right = b.shape.at(-back) ?? 1;
    const batch = left === 'N' || right === 'N';
    if (batch && back !== rank) return false;
    if (left !== right && left !== 1 && right !== 1) return false;
  }
  return true;
}

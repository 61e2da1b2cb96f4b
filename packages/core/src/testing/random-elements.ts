// Functions of elements that bend or jump, in random models, and how near to such a place a value is: there two correct computations
// may go different ways. Operands of two have one shape, so that they are compared element by element.

import type { Attributes } from '../graph/graph.js';
import { abs, clamp, maximum, minimum, where } from '../model/selection.js';
import { applyOperator, type Tensor } from '../model/tensor.js';
import type { Random } from './random.js';

interface Bounded {
  readonly tensor: Tensor;
  readonly bound: number;
}

export const COMPARISONS = ['greater', 'greaterEqual', 'equal', 'notEqual'] as const;

const ENDS = [-0.5, 0.75] as const;

/** @param draw one more of x's shape */
export function randomElements(
  { tensor: x, bound }: Bounded,
  random: Random,
  draw: () => Bounded,
): Bounded {
  const other = draw();
  const most = Math.max(bound, other.bound);
  const compared = (): Tensor => applyOperator(random.pick(COMPARISONS), [x, other.tensor]);
  return random.pick<() => Bounded>([
    () => ({ tensor: abs(x), bound }),
    () => ({ tensor: applyOperator('hardswish', [x]), bound }),
    () => ({ tensor: clamp(x, ...ENDS), bound: 1 }),
    () => ({ tensor: applyOperator('hardtanh', [x], { low: ENDS[0], high: ENDS[1] }), bound: 1 }),
    () => ({ tensor: maximum(x, other.tensor), bound: most }),
    () => ({ tensor: minimum(x, other.tensor), bound: most }),
    () => ({ tensor: compared(), bound: 1 }),
    () => ({ tensor: where(compared(), x, other.tensor), bound: most }),
    () => {
      const third = draw();
      const tensor = where(compared(), third.tensor, x);
      return { tensor, bound: Math.max(bound, third.bound) };
    },
  ])();
}

/** Where a function of one number jumps or bends; undefined if nowhere. */
export function bendsOf(op: string, attributes: Attributes): readonly number[] | undefined {
  if (['relu', 'leakyRelu', 'elu', 'step', 'abs', 'correctBinary'].includes(op)) return [0];
  if (op === 'hardswish') return [-3, 3];
  if (op === 'clamp' || op === 'hardtanh')
    return [attributes.low as number, attributes.high as number];
  return undefined;
}

/** Whether it is about which of two numbers is larger, or whether they are equal. */
export function comparesTwo(op: string): boolean {
  return ['maximum', 'minimum', ...COMPARISONS].includes(op);
}

// Functions of elements that bend or jump, and where they do so. Operands of two have one shape, so that they are compared element
// by element.
import type { Attributes } from '../../graph/graph.js';
import { abs, clamp, maximum, minimum, where } from '../../model/selection.js';
import { applyOperator, type Tensor } from '../../model/tensor.js';
import { sameShape } from '../../shape.js';
import type { Bounded, Part } from './part.js';

export const COMPARISONS = ['greater', 'greaterEqual', 'equal', 'notEqual'] as const;

const ENDS = [-0.5, 0.75] as const;

export const elements: Part = (growth, { tensor: x, bound }) => {
  const { random } = growth;
  const same = growth.pool.filter(({ tensor }) => sameShape(tensor.shape, x.shape));
  const draw = (): Bounded => random.pick(same);
  const other = draw();
  const most = Math.max(bound, other.bound);
  const compared = (): Tensor => applyOperator(random.pick(COMPARISONS), [x, other.tensor]);
  random.pick([
    () => growth.add(abs(x), bound),
    () => growth.add(applyOperator('hardswish', [x]), bound),
    () => growth.add(clamp(x, ...ENDS), 1),
    () => growth.add(applyOperator('hardtanh', [x], { low: ENDS[0], high: ENDS[1] }), 1),
    () => growth.add(maximum(x, other.tensor), most),
    () => growth.add(minimum(x, other.tensor), most),
    () => growth.add(compared(), 1),
    () => growth.add(where(compared(), x, other.tensor), most),
    () => {
      const third = draw();
      growth.add(where(compared(), third.tensor, x), Math.max(bound, third.bound));
    },
  ])();
};

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

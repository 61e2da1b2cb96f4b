// Whether a random problem comes so near to where an operator jumps or bends that two correct computations may go different ways.
import { bendsOf, comparesTwo } from './random-parts/elements.js';
import type { Problem } from './reference-gradients.js';

/**
 * Whether a problem has a value next to a place where an operator jumps or bends: there two correct
 * computations may go different ways. Exactly on it is fine, if float32 and float64 agree that it is.
 */
export function isNearKink(
  problem: Problem,
  valuesOf: (precision: 'f32' | 'f64') => readonly ArrayLike<number>[],
): boolean {
  const exact = valuesOf('f64');
  const rounded = valuesOf('f32');
  const nearTo = (node: number, place: (i: number) => number, same: (i: number) => number) =>
    Array.from(exact[node]!).some((value, i) => {
      const isOn = value === place(i) && rounded[node]![i] === same(i);
      return Math.abs(value - place(i)) < KINK && !isOn;
    });
  return problem.graph.nodes.some(({ op, inputs: [a, b], attributes }) => {
    const bends = bendsOf(op, attributes);
    if (bends)
      return bends.some((at) =>
        nearTo(
          a!,
          () => at,
          () => at,
        ),
      );
    if (comparesTwo(op))
      return nearTo(
        a!,
        (i) => exact[b!]![i]!,
        (i) => rounded[b!]![i]!,
      );
    if (op === 'max' || op === 'maxPool2d' || op === 'correctLabel' || op === 'correctArgmax') {
      return hasNearTie(exact[a!]!, rounded[a!]!);
    }
    return false;
  });
}

const KINK = 1e-5;

/** Whether two of the values nearly, but not exactly, agree. */
function hasNearTie(exact: ArrayLike<number>, rounded: ArrayLike<number>): boolean {
  const order = Array.from(exact, (_, i) => i).sort((a, b) => exact[a]! - exact[b]!);
  return order.some((i, place) => {
    const j = order[place + 1];
    if (j === undefined) return false;
    const gap = exact[j]! - exact[i]!;
    return gap < KINK && !(gap === 0 && rounded[i] === rounded[j]);
  });
}

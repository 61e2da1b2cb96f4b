// What the bits suite has a kernel compute: calls over draws of a lab, each followed by `done`. The cases lie by subject in
// the files beside, as the contract does; a kernel without one does not compile.
import type { Lab } from '../lab.js';

export type Case = (lab: Lab) => void;

/** A case for each kernel of a part of the contract. */
export type Cases<Kernels> = { readonly [Name in keyof Kernels]: Case };

/** Every tail of four and eight lanes, and some way beyond the widest loop. */
export const LENGTHS = [...Array(20).keys(), 31, 32, 33, 64, 257];

/** Rows, and their length. */
export const ROWS = LENGTHS.filter((length) => length > 0).map((length) => [3, length] as const);

/** Inputs of a case: all of a list, or three from all over it where some will do. */
export function some<Input>(lab: Lab, inputs: readonly Input[]): readonly Input[] {
  const last = inputs.length - 1;
  return lab.isQuick && last > 2 ? [1, 2, 4].map((part) => inputs[(part * last) >> 2]!) : inputs;
}

/** One call for each length; a number that it returns counts. */
export function each(call: (lab: Lab, n: number) => unknown): Case {
  return (lab) => {
    for (const n of some(lab, LENGTHS)) {
      const returned = call(lab, n);
      lab.done(...(typeof returned === 'number' ? [returned] : []));
    }
  };
}

export function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}

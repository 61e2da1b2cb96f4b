// Kernel calls whose arguments are known, to be made in order, again and again: what a bound program is. Backends that pay for
// each call by itself make them all at once.
import type { KernelName, Kernels } from './contract/kernels.js';

export interface KnownCall {
  readonly kernel: KernelName;
  readonly arguments: readonly number[];
}

export interface Sequence {
  /** All calls, in order. What they return is not told. */
  run(): void;
  /** Another argument from now on. */
  set(call: number, position: number, value: number): void;
}

/** Calls made one by one. */
export function callOneByOne(kernels: Kernels, calls: readonly KnownCall[]): Sequence {
  const bound = calls.map(({ kernel, arguments: given }) => ({
    call: kernels[kernel] as (...given: number[]) => unknown,
    given: [...given],
  }));
  return {
    run() {
      for (const { call, given } of bound) call(...given);
    },
    set(call, position, value) {
      bound[call]!.given[position] = value;
    },
  };
}

/** As quickly as the kernels' backend can. */
export function sequenceOf(kernels: Kernels, calls: readonly KnownCall[]): Sequence {
  return kernels.sequence?.(calls) ?? callOneByOne(kernels, calls);
}

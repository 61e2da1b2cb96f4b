// How a sequence of known calls is made: backends that pay for each call by itself make them all at once, others one by one.
import type { Kernels, KnownCall, Sequence } from './contract/kernels.js';

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

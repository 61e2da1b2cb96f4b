// Sequences of the WebAssembly kernels: one by one at first, and as a module of their own when they have been run so often that
// making one is worth it. Not an interpreter of lists: they would have to lie in the run's memory, which has no place for them,
// or in one of their own, for which V8 reserves 8 to 10 GiB of addresses.
import type { Kernels, KnownCall, Sequence } from './contract/kernels.js';
import { functionOf } from './module-of-calls.js';
import { callOneByOne } from './sequence.js';

/** So many calls lose by being made one by one what a module takes: a millisecond. */
const CALLS_WORTH_A_MODULE = 30_000;

export function wasmSequence(kernels: Kernels, calls: readonly KnownCall[]): Sequence {
  const oneByOne = callOneByOne(kernels, calls);
  const now = calls.map(({ kernel, arguments: given }) => ({ kernel, arguments: [...given] }));
  let made = 0;
  let run: (() => boolean) | undefined;
  return {
    run() {
      if (run) return run();
      made += calls.length;
      if (made > CALLS_WORTH_A_MODULE) run = functionOf(kernels, now);
      return oneByOne.run();
    },
    set(call, position, value) {
      const { arguments: given } = now[call]!;
      if (given[position] === value) return;
      given[position] = value;
      oneByOne.set(call, position, value);
      made = 0;
      run = undefined;
    },
  };
}

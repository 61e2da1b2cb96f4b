// How a sequence of known calls is made: one by one, or as quickly as a backend can.
import type { KernelName, Kernels, KnownCall, Sequence } from './contract/kernels.js';
import { signatures } from './signatures.generated.js';

/** Whether it returns 1, or 0 for something not finite; sumSquares, which returns a sum, does not count. */
function answers(kernel: KernelName): boolean {
  return signatures[kernel].at(-1) === '=> i32';
}

/** Calls made one by one. */
export function callOneByOne(kernels: Kernels, calls: readonly KnownCall[]): Sequence {
  const bound = calls.map(({ kernel, arguments: given }) => ({
    call: kernels[kernel] as Call,
    answers: answers(kernel),
    given: [...given],
  }));
  return {
    run() {
      let isSound = true;
      for (const { call, given, answers } of bound) {
        if (invoke(call, given) === 0 && answers) isSound = false;
      }
      return isSound;
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

type Call = (...given: (number | undefined)[]) => unknown;

/** Written out, a call takes half the time of one whose arguments are spread: 15 ns in place of 32, an empty kernel's included. */
function invoke(call: Call, g: readonly number[]): unknown {
  // biome-ignore format: a line a number of arguments; 21 have broadcasting and convolutions
  switch (g.length) {
    case 2: return call(g[0], g[1]);
    case 3: return call(g[0], g[1], g[2]);
    case 4: return call(g[0], g[1], g[2], g[3]);
    case 5: return call(g[0], g[1], g[2], g[3], g[4]);
    case 6: return call(g[0], g[1], g[2], g[3], g[4], g[5]);
    case 7: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6]);
    case 8: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7]);
    case 9: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8]);
    case 10: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9]);
    case 11: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10]);
    case 12: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11]);
    case 13: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12]);
    case 14: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13]);
    case 15: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13], g[14]);
    case 21: return call(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15], g[16], g[17], g[18], g[19], g[20]);
    default: return call(...g);
  }
}

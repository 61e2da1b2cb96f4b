// Kernels as functions, and sequences of calls, over the compiled module. C has no bounds, so an address outside the memory is
// refused here, where calls are bound: a program's once, a single call's each time.
// Invariant: a kernel that was not compiled is the WebAssembly one, over the same memory.
import { LockstepError } from '@lockstep/errors';
import {
  callOneByOne,
  type KernelName,
  type Kernels,
  type KnownCall,
  type Sequence,
  wasm,
} from '@lockstep/kernels';
import { signatures } from '@lockstep/kernels/signatures';
import type { NativeModule } from './module.js';

/** Where a call's arguments begin, in words: behind the kernel's number and what it returns, a whole number or a float64. */
const FIRST = 4;

/** The calls of a list, a word each; the module says how they lie there. */
class List {
  readonly words: Int32Array;
  readonly #floats: Float32Array;
  readonly #results: Float64Array;

  /** @param words how many there may be, besides the one that ends it */
  constructor(words: number) {
    const bytes = new ArrayBuffer(8 * Math.ceil((words + 1) / 2));
    this.words = new Int32Array(bytes);
    this.#floats = new Float32Array(bytes);
    this.#results = new Float64Array(bytes);
  }

  /** @param at the word of the argument */
  put(at: number, isFloat: boolean, value: number): void {
    if (isFloat) this.#floats[at] = value;
    else this.words[at] = value;
  }

  /** What the first call has returned. */
  result(type: Signature['returns']): number | undefined {
    if (type === undefined) return undefined;
    return type === 'i32' ? this.words[1] : this.#results[1];
  }
}

interface Signature {
  readonly number: number;
  readonly parameters: number;
  /** The positions of those that are addresses. */
  readonly addresses: readonly number[];
  /** Of each, whether it is a float32. */
  readonly floats: readonly boolean[];
  readonly returns: 'i32' | 'f64' | undefined;
}

function signatureOf(name: KernelName, number: number): Signature {
  const all: readonly string[] = signatures[name];
  const given = all.filter((parameter) => !parameter.startsWith('=>'));
  const addresses = [...given.keys()].filter((i) => /: usize$|^scalars: /.test(given[i]!));
  const floats = given.map((parameter) => parameter.endsWith(': f32'));
  const returns = all[given.length]?.slice('=> '.length) as Signature['returns'];
  return { number, parameters: given.length, addresses, floats, returns };
}

export function nativeKernels(
  module: NativeModule,
  lanes: number,
  memory: WebAssembly.Memory,
): Kernels {
  const bytes = new Uint8Array(memory.buffer);
  const known = new Map(
    module.kernels.map((name, index) => [name, signatureOf(name, index + 1)] as const),
  );
  const check = (name: string, address: number): void => {
    if (address >= 0 && address < bytes.length) return;
    throw new LockstepError(
      'internal',
      `${name}: address ${address} is outside the memory of ${bytes.length} bytes`,
    );
  };
  /** @returns where the next call begins */
  const fill = (
    list: List,
    at: number,
    name: KernelName,
    { number, parameters, addresses, floats }: Signature,
    given: readonly number[],
  ): number => {
    list.words[at] = number;
    for (let i = 0; i < parameters; i++) list.put(at + FIRST + i, floats[i]!, given[i]!);
    for (const i of addresses) check(name, given[i]!);
    return at + FIRST + parameters;
  };

  /** Calls of compiled kernels, as one list. */
  const listOf = (calls: readonly KnownCall[]): Sequence => {
    const starts: number[] = [];
    let length = 0;
    for (const { kernel } of calls) {
      starts.push(length);
      length += FIRST + known.get(kernel)!.parameters;
    }
    const list = new List(length);
    for (const [i, { kernel, arguments: given }] of calls.entries()) {
      fill(list, starts[i]!, kernel, known.get(kernel)!, given);
    }
    const run = module.bind(bytes, list.words, lanes);
    /** Where those return a number that say whether everything is finite. */
    const answers = calls.flatMap(({ kernel }, i) =>
      known.get(kernel)!.returns === 'i32' ? [starts[i]! + 1] : [],
    );
    return {
      run() {
        run();
        for (const at of answers) if (list.words[at] === 0) return false;
        return true;
      },
      set(call, position, value) {
        const { kernel } = calls[call]!;
        const { addresses, floats } = known.get(kernel)!;
        if (addresses.includes(position)) check(kernel, value);
        list.put(starts[call]! + FIRST + position, floats[position]!, value);
      },
    };
  };

  // One list serves all calls that are made by themselves.
  const slot = new List(64);
  const runSlot = module.bind(bytes, slot.words, lanes);
  const compiled = Object.fromEntries(
    [...known].map(([kernel, signature]) => [
      kernel,
      (...given: number[]) => {
        slot.words[fill(slot, 0, kernel, signature, given)] = 0;
        runSlot();
        return slot.result(signature.returns);
      },
    ]),
  );
  // WebAssembly is compiled only where it is needed: that takes some 15 ms.
  const isWhole = Object.keys(signatures).every((name) => known.has(name as KernelName));
  const kernels: Kernels = {
    ...((isWhole ? {} : wasm.kernels(memory)) as Kernels),
    ...compiled,
    rowCopier(from, rowBytes) {
      const list = new Float64Array(4);
      const copy = module.bindRows(bytes, from, list);
      list[0] = rowBytes;
      return (numbers, first, count, address) => {
        // Named here, `from` lives as long as the function that reads it.
        if (count <= 0 || from.length === 0) return;
        check('rowCopier', address);
        check('rowCopier', address + count * rowBytes - 1);
        list[1] = first;
        list[2] = count;
        list[3] = address;
        copy(numbers);
      };
    },
    sequence(calls) {
      const parts = partsOf(calls, ({ kernel }) => known.has(kernel));
      const sequences = parts.map(({ calls: part, isCompiled }) =>
        isCompiled ? listOf(part) : callOneByOne(kernels, part),
      );
      if (sequences.length === 1) return sequences[0]!;
      return {
        run() {
          let isSound = true;
          for (const sequence of sequences) isSound = sequence.run() && isSound;
          return isSound;
        },
        set(call, position, value) {
          const index = parts.findIndex(({ first, calls: { length } }) => call < first + length);
          sequences[index]!.set(call - parts[index]!.first, position, value);
        },
      };
    },
  };
  return kernels;
}

interface Part {
  readonly first: number;
  readonly calls: KnownCall[];
  readonly isCompiled: boolean;
}

/** Calls in order, cut where the next is compiled and this one not, or the other way round. */
function partsOf(calls: readonly KnownCall[], isCompiled: (call: KnownCall) => boolean): Part[] {
  const parts: Part[] = [];
  for (const [first, call] of calls.entries()) {
    const last = parts.at(-1);
    if (last?.isCompiled === isCompiled(call)) last.calls.push(call);
    else parts.push({ first, calls: [call], isCompiled: isCompiled(call) });
  }
  return parts;
}

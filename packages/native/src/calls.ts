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

/** Where a call's arguments begin: behind the kernel's number and what it returns. */
const FIRST = 2;

interface Signature {
  readonly number: number;
  readonly parameters: number;
  /** The positions of those that are addresses. */
  readonly addresses: readonly number[];
  readonly returns: boolean;
}

function signatureOf(name: KernelName, number: number): Signature {
  const all: readonly string[] = signatures[name];
  const given = all.filter((parameter) => !parameter.startsWith('=>'));
  const addresses = [...given.keys()].filter((i) => /: usize$|^scalars: /.test(given[i]!));
  return { number, parameters: given.length, addresses, returns: given.length < all.length };
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
    list: Float64Array,
    at: number,
    name: KernelName,
    { number, parameters, addresses }: Signature,
    given: readonly number[],
  ): number => {
    list[at] = number;
    for (let i = 0; i < parameters; i++) list[at + FIRST + i] = given[i]!;
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
    const list = new Float64Array(length + 1);
    for (const [i, { kernel, arguments: given }] of calls.entries()) {
      fill(list, starts[i]!, kernel, known.get(kernel)!, given);
    }
    const run = module.bind(bytes, list, lanes);
    return {
      run,
      set(call, position, value) {
        const { kernel } = calls[call]!;
        if (known.get(kernel)!.addresses.includes(position)) check(kernel, value);
        list[starts[call]! + FIRST + position] = value;
      },
    };
  };

  // One list serves all calls that are made by themselves.
  const slot = new Float64Array(64);
  const runSlot = module.bind(bytes, slot, lanes);
  const compiled = Object.fromEntries(
    [...known].map(([kernel, signature]) => [
      kernel,
      (...given: number[]) => {
        slot[fill(slot, 0, kernel, signature, given)] = 0;
        runSlot();
        return signature.returns ? slot[1] : undefined;
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
          for (const sequence of sequences) sequence.run();
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

// The WebAssembly backend: from the embedded bytes to callable kernels, without any Node API.
// The module is compiled once per isolate; each thread instantiates it over the one shared memory.

import { LockstepError } from '@lockstep/errors';
import { ARITHMETIC } from './arithmetic.js';
import type { Backend } from './backend.js';
import type { Kernels } from './contract/kernels.js';
import { wasmBase64, wasmSha256 } from './kernels.generated.js';
import { wasmSequence } from './wasm-sequence.js';

const PAGE_BYTES = 65536;
const MAX_BYTES = 65535 * PAGE_BYTES;

/** A memory cannot be made: the size is out of range, or the machine has no room for it. */
export class KernelMemoryError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('kernel-memory', message, options);
  }
}

/** A smaller memory is hardly ever refused for want of memory. */
const LARGE_BYTES = 2 ** 28;
const RESERVATION =
  'addresses are limited (ulimit -v, h_vmem): V8 reserves 8 to 10 GiB of them for each memory, whatever its size. ' +
  'Raise the limit above 14 GiB, or start Node with --disable-wasm-trap-handler (also in NODE_OPTIONS), which does without';

function createMemory(bytes: number): WebAssembly.Memory {
  if (!(bytes >= 0 && bytes <= MAX_BYTES)) {
    throw new KernelMemoryError(
      `createMemory: ${bytes} bytes; expected 0 to ${MAX_BYTES} (4 GiB - 64 KiB), the most that 32-bit WebAssembly can address; use a smaller network, batch or shard`,
    );
  }
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    throw new KernelMemoryError(
      `createMemory: the engine cannot make a memory of ${bytes} bytes; ${bytes < LARGE_BYTES ? RESERVATION : `use a smaller network, batch or shard, or free memory. Or ${RESERVATION}`}`,
      { cause },
    );
  }
}

let compiled: WebAssembly.Module | undefined;

/** The compiled module; the same object on every call in this isolate. It may be posted to a thread. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0)),
  );
  return compiled;
}

function instantiateKernels(memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const kernels = exports as unknown as Kernels;
  return {
    ...kernels,
    // Of whoever has it: a backend that is these kernels with some of its own makes sequences of those.
    sequence(calls) {
      return wasmSequence(this, calls);
    },
  };
}

/** The kernels of assembly/; the module has no data and no stack in memory (the build checks it). */
export const wasm: Backend = {
  name: 'wasm',
  arithmetic: ARITHMETIC,
  hash: wasmSha256,
  createMemory,
  kernels: instantiateKernels,
};

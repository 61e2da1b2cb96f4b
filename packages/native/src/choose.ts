// Which kernels are the quickest here that compute the arithmetic: the compiled ones of the width that a product ran fastest
// with, if they pass the self-test; else the WebAssembly ones. It is asked once a process, and takes some ten milliseconds.
import { type Backend, heapBase, KernelMemoryError, wasm } from '@lockstep/kernels';
import { firstDifference } from '@lockstep/kernels/bits';
import { damageOf, loadNative, nativeFile } from './module.js';
import { nativeBackend } from './native-backend.js';

export interface Choice {
  readonly backend: Backend;
  /** Why it is not a compiled one; undefined if it is. */
  readonly reason?: string | undefined;
}

let choice: Choice | undefined;

export function fastestBackend(): Choice {
  choice ??= choose();
  return choice;
}

function choose(): Choice {
  const file = nativeFile();
  const damage = file && damageOf(file);
  if (damage) return { backend: wasm, reason: damage };
  const { module, reason } = loadNative();
  if (!module) return { backend: wasm, reason };
  // One for all, since an engine reserves gibibytes of addresses for each.
  const memory = memoryToTry();
  if (!memory) return { backend: wasm, reason: 'no memory to test them in' };
  const backends = module.lanes.map(nativeBackend);
  const times = new Map(backends.map((backend) => [backend, productTime(backend, memory)]));
  backends.sort((a, b) => times.get(a)! - times.get(b)!);
  let wrong = 'the processor has no vectors of a width that they were compiled for';
  for (const backend of backends) {
    const kernel = firstDifference(backend, memory);
    if (kernel === undefined) return { backend };
    wrong = `${backend.name} computes other bits than WebAssembly in ${kernel}`;
  }
  return { backend: wasm, reason: wrong };
}

/** Bytes that product and self-test need room in. */
const MEMORY_BYTES = 1 << 20;

/** @returns undefined where addresses are limited so that there may be none for the run itself */
function memoryToTry(): WebAssembly.Memory | undefined {
  try {
    return wasm.createMemory(MEMORY_BYTES);
  } catch (error) {
    if (error instanceof KernelMemoryError) return undefined;
    throw error;
  }
}

/** A product that fits into the caches, as layers of networks are. */
const [ROWS, COLUMNS, TERMS] = [32, 64, 256];
const ROUNDS = 8;

/** Seconds of the quickest of some products. */
function productTime(backend: Backend, memory: WebAssembly.Memory): number {
  const [out, a] = [heapBase, heapBase + 4 * ROWS * COLUMNS];
  const b = a + 4 * ROWS * TERMS;
  const kernels = backend.kernels(memory);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    kernels.matmul(out, a, b, ROWS, COLUMNS, TERMS, TERMS, 1, 1, 0, 0, 0);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

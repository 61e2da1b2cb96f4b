// What computes: an implementation of the kernels, handed down from the options of whoever starts a run. Nothing but the
// one default names an implementation. Backends of one arithmetic give the same bits, and may compute one run together.
import type { Kernels } from './contract/kernels.js';

/** An implementation of the kernels. */
export interface Backend {
  /** For people: 'wasm'. */
  readonly name: string;
  /**
   * Name and version of the numbers that the kernels give, such as 'lockstep-1': at most 32 of a-z, 0-9, '.' and '-'.
   * Machines, checkpoints and runs go together if theirs is the same. Earned by passing the bits suite (bits/).
   */
  readonly arithmetic: string;
  /** SHA-256 of the code, in hex. It is told with a run, and decides nothing. */
  readonly hash: string;
  /**
   * URL of a module whose default export is this backend: compute threads import it, since functions cannot be posted
   * to them. Left out, threads use the WebAssembly kernels, so only that backend may leave it out.
   */
  readonly module?: string;
  /**
   * A shared memory of fixed size, so that its buffer never changes.
   *
   * @param bytes at most 4 GiB - 64 KiB, so that the end of a span is still a 32-bit address
   * @throws KernelMemoryError if bytes is not in that range or there is no room for them
   */
  createMemory(bytes: number): WebAssembly.Memory;
  /** @param memory made by `createMemory`; each thread makes its own kernels over the same memory */
  kernels(memory: WebAssembly.Memory): Kernels;
}

/**
 * The first byte that a program may use, 64-aligned. What lies below is the backend's own, and keeps address 0 from being
 * a valid pointer. It is the same for all backends, so that a run's memory has one map wherever it is computed.
 */
export const heapBase = 1024;

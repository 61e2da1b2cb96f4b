// The compiled module, where it was built for this machine and can be loaded.
import { createRequire } from 'node:module';
import { LockstepError } from '@lockstep/errors';
import type { KernelName } from '@lockstep/kernels';

/** The compiled kernels were asked for, and cannot be had: the message says why. */
export class NativeError extends LockstepError {
  constructor(message: string) {
    super('native', message);
  }
}

export interface NativeModule {
  /** Of the vectors that this processor has, those that kernels were compiled for: some of 4, 8 and 16. */
  readonly lanes: readonly number[];
  /** A kernel's number in a list is its place here, from 1. */
  readonly kernels: readonly KernelName[];
  /**
   * Makes the calls of a list, again each time: the kernel's number, room for what it returns, and its arguments; 0 ends it.
   * Whoever calls this keeps memory and list alive for as long as the function, and has checked the addresses.
   */
  bind(memory: Uint8Array, list: Float64Array, lanes: number): () => void;
}

const FILE = `../prebuilt/${process.platform}-${process.arch}.node`;

/** @returns undefined, and why, where there is none */
export function loadNative(): { module: NativeModule } | { reason: string } {
  try {
    return { module: createRequire(import.meta.url)(FILE) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'MODULE_NOT_FOUND';
    return {
      reason: missing
        ? `not compiled for ${process.platform}-${process.arch}`
        : message.split('\n')[0]!,
    };
  }
}

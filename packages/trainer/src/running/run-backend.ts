// Which backend a run on this machine is computed with. All that can be chosen here compute one arithmetic, so the choice
// changes no bit, and workers of one run may choose differently.
import { ConfigError } from '@lockstep/core';
import { chooseBackend } from '@lockstep/core/internal';
import { type OptionNames, requireChoice } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { firstDifference } from '@lockstep/kernels/bits';
import { fastestBackend, NativeError } from '@lockstep/native';

/** The choices of kernels. */
export const KERNELS = ['auto', 'wasm', 'native'] as const;

/** `auto` is the quickest that computes the same on this machine: the compiled kernels where there are some, else WebAssembly. */
export type KernelsChoice = (typeof KERNELS)[number];

/** Which kernels compute. */
export interface BackendOptions {
  /** Which kernels compute. Default: `auto`. */
  readonly kernels?: KernelsChoice | undefined;
  /** Other kernels than those; of one arithmetic they give the same bits. */
  readonly backend?: Backend | undefined;
}

/** The names of what chooses kernels. */
export const BACKEND_OPTIONS: OptionNames<BackendOptions> = { kernels: true, backend: true };

/**
 * @param operation for errors
 * @throws ConfigError if what is given is no backend, or both are given
 * @throws NativeError if the compiled kernels are asked for and cannot be had
 */
export function runBackend(operation: string, { kernels, backend }: BackendOptions): Backend {
  if (backend !== undefined) {
    if (kernels === undefined) return chooseBackend(operation, backend);
    throw new ConfigError(`${operation}: kernels and a backend are given; give one of them`);
  }
  if (kernels !== undefined) requireChoice(operation, 'kernels', kernels, KERNELS);
  if (kernels === 'wasm') return chooseBackend(operation, undefined);
  const { backend: fastest, reason } = fastestBackend();
  if (kernels === 'native' && reason !== undefined) {
    throw new NativeError(
      `${operation}: the native kernels cannot compute here: ${reason}; build with a compiler of C, or let "auto" choose`,
    );
  }
  return fastest;
}

/** Why it is not the compiled kernels that `auto` takes; undefined if it is. */
export function whyNotNative(): string | undefined {
  return fastestBackend().reason;
}

/**
 * Whether kernels compute their arithmetic on this very machine: some calls of each are compared with what is recorded.
 *
 * @returns the first kernel that gives other bits; undefined if none does
 */
export function wrongKernel(backend: Backend): string | undefined {
  return firstDifference(backend);
}

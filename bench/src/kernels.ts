// Which of our kernels are measured: those of WebAssembly, which every machine has, and the compiled ones where there are some.
// Invariant: they compute the same bits, so rows of both differ by their rates alone.
import { fastestBackend, loadNative } from '@lockstep/native';
import { UsageError } from './usage-error.js';

export type Kernels = 'wasm' | 'native';

/** What is said where the compiled kernels are not measured, though they were not declined. */
export interface MeasuredKernels {
  readonly kinds: readonly Kernels[];
  /** Widths of the compiled ones that this processor has; empty where they are not measured. */
  readonly lanes: readonly number[];
  readonly reason?: string;
}

export const KERNELS_CHOICES = ['both', 'wasm', 'native'] as const;

/**
 * @param asked undefined: both, as far as they are here
 * @throws UsageError if the compiled ones are asked for and cannot be had
 */
export function measuredKernels(
  asked: (typeof KERNELS_CHOICES)[number] | undefined,
): MeasuredKernels {
  if (asked === 'wasm') return { kinds: ['wasm'], lanes: [] };
  const { reason } = fastestBackend();
  if (reason === undefined) {
    const lanes = loadNative().module!.lanes;
    return { kinds: asked === 'native' ? ['native'] : ['wasm', 'native'], lanes };
  }
  if (asked !== undefined) throw new UsageError(`--kernels ${asked}: no native kernels: ${reason}`);
  return { kinds: ['wasm'], lanes: [], reason };
}

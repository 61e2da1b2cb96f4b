// What is said where the quickest kernels of this machine are not the compiled ones.
import { type KernelsChoice, whyNotNative } from '@lockstep/trainer';
import type { Screen } from './screen.js';

export function noteKernels(chosen: KernelsChoice, screen: Pick<Screen, 'note'>): void {
  const reason = chosen === 'auto' ? whyNotNative() : undefined;
  if (reason === undefined) return;
  screen.note(`note: no native kernels (${reason}); WebAssembly computes the same, more slowly`);
}

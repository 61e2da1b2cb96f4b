// Whether a backend computes on this very machine what another does: some calls of every kernel on both, a few hundred in all,
// compared to the bit. It takes some ten milliseconds, so it can be asked at every start; that a backend may bear the name of
// an arithmetic is shown by all cases (digest-bits.ts).
import type { Backend } from '../backend.js';
import type { KernelName } from '../contract/kernels.js';
import { CASES } from './cases/all.js';
import { Lab } from './lab.js';

/** Bytes that the calls need room in. */
const MEMORY_BYTES = 1 << 20;

/**
 * @param memory of at least 1 MiB, made by either; it is overwritten
 * @returns the first kernel whose bits are others, or that fails, or undefined
 */
export function firstDifference(
  backend: Backend,
  reference: Backend,
  memory = reference.createMemory(MEMORY_BYTES),
): KernelName | undefined {
  const [tested, trusted] = [new Lab(backend, true, memory), new Lab(reference, true, memory)];
  return (Object.keys(CASES) as KernelName[]).find((name) => {
    try {
      tested.run(CASES[name]);
    } catch {
      // It wrote outside of its outputs, or refuses a call.
      return true;
    }
    trusted.run(CASES[name]);
    return !areEqual(tested.taken(), trusted.taken());
  });
}

function areEqual(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, i) => isSame(bytes, b[i]!));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

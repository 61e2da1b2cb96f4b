// Whether a backend computes the arithmetic on this very machine: some calls of every kernel, a few hundred in all, compared to
// the bit with what is recorded of them (quick-bits.ts). It takes some ten milliseconds, so it can be asked at every start;
// that a backend may bear the name of an arithmetic is shown by all cases (digest-bits.ts).
import type { Backend } from '../backend.js';
import type { KernelName } from '../contract/kernels.js';
import { CASES } from './cases/all.js';
import { Lab } from './lab.js';
import { QUICK_BITS } from './quick-bits.js';

/** Bytes that the calls need room in. */
const MEMORY_BYTES = 1 << 20;

/**
 * @param memory of at least 1 MiB, made by the backend or one of its kind; it is overwritten
 * @returns the first kernel whose bits are others than those of `ARITHMETIC`, or that fails, or undefined
 */
export function firstDifference(
  backend: Backend,
  memory = backend.createMemory(MEMORY_BYTES),
): KernelName | undefined {
  const lab = new Lab(backend, true, memory);
  return (Object.keys(CASES) as KernelName[]).find(
    (name) => quickDigest(lab, name) !== QUICK_BITS[name],
  );
}

/** @returns of each kernel, by name, what `QUICK_BITS` has to say of it, if the backend is right */
export function quickDigests(backend: Backend): Record<string, string | undefined> {
  const lab = new Lab(backend, true, backend.createMemory(MEMORY_BYTES));
  const names = Object.keys(CASES).sort() as KernelName[];
  return Object.fromEntries(names.map((name) => [name, quickDigest(lab, name)]));
}

/** @returns undefined if the kernel wrote outside of its outputs, or refuses a call */
function quickDigest(lab: Lab, name: KernelName): string | undefined {
  try {
    lab.run(CASES[name]);
  } catch {
    lab.taken();
    return undefined;
  }
  let hash = FNV_BASIS;
  for (const bytes of lab.taken()) {
    hash = Math.imul(hash ^ bytes.length, FNV_PRIME);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** FNV-1a, which tells apart what differs by accident, and needs nothing that is not there at the start. */
const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

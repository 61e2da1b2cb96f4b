// The bits suite: every kernel of a backend over a fixed set of inputs, and a digest of all that came out. It is how a
// backend earns the name of an arithmetic. It runs wherever kernels do, in a browser too.
import { BITS } from '../arithmetic.js';
import type { Backend } from '../backend.js';
import type { KernelName } from '../contract/kernels.js';
import { CASES } from './cases/all.js';
import { Lab } from './lab.js';

/** So many hexadecimal digits of a SHA-256 tell one outcome from another. */
const DIGITS = 16;

/** @returns of each kernel, by name, the digest of what it computes */
export async function digestBits(backend: Backend): Promise<Record<KernelName, string>> {
  const lab = new Lab(backend);
  const digests: Partial<Record<KernelName, string>> = {};
  for (const name of Object.keys(CASES).sort() as KernelName[]) {
    lab.run(CASES[name]);
    digests[name] = (await lab.digest()).slice(0, DIGITS);
  }
  return digests as Record<KernelName, string>;
}

/** @returns the kernels whose bits are not those of `ARITHMETIC`: none, if the backend may bear its name */
export async function differingKernels(backend: Backend): Promise<KernelName[]> {
  const digests = await digestBits(backend);
  return (Object.keys(digests) as KernelName[]).filter((name) => digests[name] !== BITS[name]);
}

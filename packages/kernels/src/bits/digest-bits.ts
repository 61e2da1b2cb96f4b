// The bits suite: every kernel of a backend over a fixed set of inputs, and a digest of all that came out. It is how a
// backend earns the name of an arithmetic. It runs wherever kernels do, in a browser too.
import { BITS } from '../arithmetic.js';
import type { Backend } from '../backend.js';
import type { KernelName } from '../contract/kernels.js';
import { CASES as activations } from './cases/activations.js';
import { CASES as attention } from './cases/attention.js';
import { CASES as broadcast } from './cases/broadcast.js';
import type { Cases } from './cases/case.js';
import { CASES as compare } from './cases/compare.js';
import { CASES as convolution } from './cases/convolution.js';
import { CASES as data } from './cases/data.js';
import { CASES as elementwise } from './cases/elementwise.js';
import { CASES as embedding } from './cases/embedding.js';
import { CASES as gather } from './cases/gather.js';
import { CASES as loss } from './cases/loss.js';
import { CASES as matmul } from './cases/matmul.js';
import { CASES as norm } from './cases/norm.js';
import { CASES as pool } from './cases/pool.js';
import { CASES as positions } from './cases/positions.js';
import { CASES as random } from './cases/random.js';
import { CASES as recurrence } from './cases/recurrence.js';
import { CASES as reduce } from './cases/reduce.js';
import { CASES as softmax } from './cases/softmax.js';
import { CASES as sparse } from './cases/sparse.js';
import { CASES as update } from './cases/update.js';
import { Lab } from './lab.js';

const CASES: Cases<Record<KernelName, unknown>> = {
  ...activations,
  ...attention,
  ...compare,
  ...{ ...broadcast, ...data, ...elementwise, ...loss, ...matmul },
  ...norm,
  ...pool,
  ...convolution,
  ...embedding,
  ...gather,
  ...positions,
  ...{ ...random, ...recurrence, ...reduce, ...softmax, ...sparse, ...update },
};

/** So many hexadecimal digits of a SHA-256 tell one outcome from another. */
const DIGITS = 16;

/** @returns of each kernel, by name, the digest of what it computes */
export async function digestBits(backend: Backend): Promise<Record<KernelName, string>> {
  const lab = new Lab(backend);
  const digests: Partial<Record<KernelName, string>> = {};
  for (const name of Object.keys(CASES).sort() as KernelName[]) {
    CASES[name](lab);
    digests[name] = (await lab.digest()).slice(0, DIGITS);
  }
  return digests as Record<KernelName, string>;
}

/** @returns the kernels whose bits are not those of `ARITHMETIC`: none, if the backend may bear its name */
export async function differingKernels(backend: Backend): Promise<KernelName[]> {
  const digests = await digestBits(backend);
  return (Object.keys(digests) as KernelName[]).filter((name) => digests[name] !== BITS[name]);
}

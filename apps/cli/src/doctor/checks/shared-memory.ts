// How large a memory that threads share can be had: all of a run but its data lies in one.
import { runBackend } from '@lockstep/trainer';
import { formatBinary } from '../../wording.js';
import { type Check, type Judgement, note, ok, problem } from '../check.js';

const MiB = 2 ** 20;
/** From the most that 32 bits address, downwards. */
const SIZES = [4096 * MiB - 65_536, ...[2048, 1024, 512, 256, 64, 1].map((size) => size * MiB)];
/** Larger networks are few. */
const ENOUGH_BYTES = 1024 * MiB;

export const sharedMemory: Check = {
  id: 'shared-memory',
  title: 'Shared memory',
  look() {
    const { createMemory } = runBackend('doctor', { kernels: 'wasm' });
    return judgeSharedMemory(largest(createMemory));
  },
};

/** The largest size that can be made, and why not a larger one. Pages that nobody touches cost addresses only. */
interface Largest {
  readonly bytes: number;
  readonly why: string | undefined;
}

export function largest(make: (bytes: number) => unknown): Largest {
  let why: string | undefined;
  for (const bytes of SIZES) {
    try {
      make(bytes);
      return { bytes, why };
    } catch (error) {
      why = (error as Error).message;
    }
  }
  return { bytes: 0, why };
}

export function judgeSharedMemory({ bytes, why }: Largest): Judgement {
  // `createMemory: what is wrong; what to do`
  const [fault = '', advice] = why?.replace(/^createMemory: /, '').split(/; (.*)/s) ?? [];
  if (bytes === 0) return problem(`none can be had: ${fault}`, advice);
  const found = `a run may have ${formatBinary(bytes)}`;
  return bytes < ENOUGH_BYTES ? note(`${found}, and no more: ${fault}`, advice) : ok(found);
}

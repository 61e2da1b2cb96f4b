// How much memory the process may have: the machine's, what is free of it, and what its control group allows.
import { type AvailableMemory, availableMemory } from '@lockstep/trainer';
import { formatBinary } from '../../wording.js';
import { type Check, type Judgement, note, ok, problem, together } from '../check.js';

const MiB = 2 ** 20;
/** Node, two threads and MNIST. */
const LEAST_BYTES = 256 * MiB;
const ENOUGH_BYTES = 1024 * MiB;

export const memory: Check = {
  id: 'memory',
  title: 'Memory',
  look: () => judgeMemory(availableMemory()),
};

export function judgeMemory({ machine, free, limit }: AvailableMemory): Judgement {
  const most = limit ?? machine;
  const whose =
    limit === undefined ? '' : `, of which the control group allows ${formatBinary(limit)}`;
  const found = `${formatBinary(machine)}${whose}`;
  const fewer = 'a smaller network or batch, and fewer threads, take less';
  const size =
    most >= ENOUGH_BYTES
      ? ok(found)
      : most >= LEAST_BYTES
        ? note(found, fewer)
        : problem(
            `${found}: too little`,
            'raise the limit of the container or service, or take a larger machine',
          );
  if (free === undefined) return size;
  const left = `${formatBinary(Math.min(free, most))} free`;
  return free >= Math.min(ENOUGH_BYTES, most)
    ? together(size, ok(left))
    : together(size, note(`only ${left}`, `other processes have the rest; ${fewer}`));
}

// How many threads a run computes on here unless it is told otherwise, and who else computes.
import { cpus, loadavg } from 'node:os';
import { type AvailableThreads, availableThreads, describeThreads } from '@lockstep/trainer';
import { plural } from '../../wording.js';
import { type Check, type Judgement, note, ok, together } from '../check.js';

interface Cores extends AvailableThreads {
  /** Of the machine, whoever may use them. */
  readonly all: number;
  readonly model: string;
  /** Of the last minute; 0 where nobody counts. */
  readonly load: number;
}

export const cores: Check = {
  id: 'cores',
  title: 'Cores',
  look() {
    const all = cpus();
    const model = all[0]?.model.trim() ?? '';
    return judgeCores({ ...availableThreads(), all: all.length, model, load: loadavg()[0]! });
  },
};

export function judgeCores({ threads, quota, cores, all, model, load }: Cores): Judgement {
  const some = all > cores ? `${cores} of ${plural(all, 'core')}` : plural(cores, 'core');
  const kind = model === '' ? '' : ` (${model})`;
  const why = quota === undefined ? '' : `, ${describeThreads({ quota })}`;
  const found = `${some}${kind}: a run computes on ${plural(threads, 'thread')}${why}`;
  const judgement =
    quota === undefined
      ? ok(found)
      : note(found, 'the quota is of the container or service: cpu.max, docker run --cpus');
  if (load < cores) return judgement;
  const busy = note(
    `others compute here (load ${load.toFixed(1)})`,
    'a run shares the cores with them; --threads N takes fewer',
  );
  return together(judgement, busy);
}

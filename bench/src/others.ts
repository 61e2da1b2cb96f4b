// How busy the machine is with what is not ours, looked at while all contenders sleep. On a shared machine this
// tells a number worth keeping from one that is not.
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** A contender's spinning threads have gone to sleep by then. */
const SETTLE_MS = 100;
const LOOK_MS = 250;

function times(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const total = times.user + times.nice + times.sys + times.irq + times.idle;
    all += total;
    busy += total - times.idle;
  }
  return { busy, all };
}

/** Cores that others keep busy, for a quarter of a second. */
export async function coresBusyWithOthers(): Promise<number> {
  await sleep(SETTLE_MS);
  const before = times();
  await sleep(LOOK_MS);
  const after = times();
  const all = after.all - before.all;
  return all > 0 ? (cpus().length * (after.busy - before.busy)) / all : 0;
}

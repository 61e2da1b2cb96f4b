// Goes through checks one after the other, each within a time, and tells what each found. One that throws or hangs is a problem
// of its own, and never the end of the others.
import type { Check, Finding, Judgement, Place } from './check.js';
import { problem } from './check.js';

/** The time that a check has to tell what it has, of the time that it has in all. */
const LAST_WORDS = 0.8;

export type Visit = Omit<Place, 'signal'>;

export async function* examineAll(
  checks: readonly Check[],
  visit: Visit,
  mostMs: number,
): AsyncGenerator<Finding> {
  for (const { id, title, look } of checks) {
    yield { id, title, ...(await judged(look, visit, mostMs)) };
  }
}

async function judged(look: Check['look'], visit: Visit, mostMs: number): Promise<Judgement> {
  const control = new AbortController();
  const hurry = setTimeout(() => control.abort(), LAST_WORDS * mostMs);
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<Judgement>((resolve) => {
    timer = setTimeout(() => resolve(hangs(mostMs)), mostMs);
  });
  const looking = (async () => look({ ...visit, signal: control.signal }))();
  try {
    return await Promise.race([looking.catch(failed), hanging]);
  } finally {
    clearTimeout(hurry);
    clearTimeout(timer);
  }
}

function hangs(ms: number): Judgement {
  return problem(
    `it could not be found out in ${ms / 1000} s`,
    'something hangs: a disk, a network, or a machine that is very busy',
  );
}

function failed(error: unknown): Judgement {
  return problem(`it could not be found out: ${error instanceof Error ? error.message : error}`);
}

/**
 * What is found on the way to somewhere, as it comes. If looking fails, that is the last that is told.
 *
 * @param mostMs between two findings
 */
export async function* examineWay(
  way: AsyncIterator<Finding, unknown>,
  mostMs: number,
): AsyncGenerator<Finding> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const hanging = new Promise<Judgement>((resolve) => {
      timer = setTimeout(() => resolve(hangs(mostMs)), mostMs);
    });
    const next = await Promise.race([way.next().catch(failed), hanging]);
    clearTimeout(timer);
    if ('status' in next) {
      yield { id: 'way', title: 'Way', ...next };
      return;
    }
    if (next.done) return;
    yield next.value;
  }
}

// Whether as many compute threads as a run would start can be started: code that Node loads into each, a limit on processes, or
// addresses that are few may be in the way.
import { availableThreads, tryThreads } from '@lockstep/trainer';
import { plural } from '../../wording.js';
import { type Check, type Judgement, ok, problem } from '../check.js';

export const threads: Check = {
  id: 'threads',
  title: 'Threads',
  look: () => judgeThreads(availableThreads().threads, tryThreads),
};

/** @param start throws what says why they cannot be started, and what would help */
export async function judgeThreads(
  count: number,
  start: (count: number) => Promise<void>,
): Promise<Judgement> {
  const begun = performance.now();
  try {
    await start(count);
    const took = Math.round(performance.now() - begun);
    return ok(`${plural(count, 'thread')} started in ${took} ms`);
  } catch (error) {
    return problem((error as Error).message.replace(/^(start threads|train): /, ''));
  }
}

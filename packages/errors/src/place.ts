// Errors said of a place: what read a file, or called a function, knows its name; what found the fault does not.
import { LockstepError } from './errors.js';

/**
 * @param place e.g. `--model net.json`
 * @returns what `work` returns
 * @throws an error of Lockstep's with the place in front of its message and the same code, unless it names it already;
 *   any other error as it is
 */
export function inPlace<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LockstepError) || error.message.includes(place)) throw error;
    throw new LockstepError(error.code, `${place}: ${error.message}`, { cause: error });
  }
}

// Runs do nothing until they are iterated or asked for their result. A program that makes one and ends without either has
// forgotten an `await`: it ends with an error that shows the line where the run was made.
// Invariant: what waits here is the errors, not the runs, so that nothing is kept alive.
import { ConfigError } from '@lockstep/core';

/** Of each run that was made and has not begun. */
const errors = new WeakMap<object, Error>();
const waiting = new Set<Error>();
let isWatching = false;

/**
 * @param run that is to be begun by whoever gets it
 * @param maker the function that they called, which the error's stack leaves out
 * @returns the run
 */
export function toBegin<R extends object>(
  run: R,
  operation: string,
  maker: (...args: never[]) => unknown,
): R {
  const error = new ConfigError(
    `${operation}: the run was made and never begun, so nothing was computed. Write "await run.result()" or ` +
      '"for await (const event of run)"; to await the run itself does not begin it',
  );
  Error.captureStackTrace(error, maker);
  errors.set(run, error);
  waiting.add(error);
  watch();
  return run;
}

/** It is iterated. */
export function begin(run: object): void {
  const error = errors.get(run);
  if (error) waiting.delete(error);
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('beforeExit', () => {
    const [error] = waiting;
    waiting.clear();
    if (error) throw error;
  });
  // process.exit() passes beforeExit by, and takes no exception.
  process.on('exit', (status) => {
    const [error] = waiting;
    if (!error || status !== 0) return;
    console.error(error.stack);
    process.exitCode = 1;
  });
}

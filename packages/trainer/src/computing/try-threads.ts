// Whether compute threads can be started here, without a run: they are started as a run starts them, and ended.
import { LockstepError } from '@lockstep/core';
import { startPool, whyNotStarted } from './thread-start.js';

/** @throws LockstepError (code `thread-lost` or `engine`) that says why so many cannot be started, and what would help */
export async function tryThreads(threads: number): Promise<void> {
  const pool = startPool(threads);
  // Of what a thread dies before it has a task.
  const failed = new Promise<never>((_, reject) => pool.on('error', reject));
  // Each takes one, since none takes a second before it has shown up.
  const tasks = Array.from({ length: threads }, () => pool.run(undefined, { name: 'showUp' }));
  try {
    await Promise.race([failed, Promise.all(tasks)]);
  } catch (cause) {
    throw new LockstepError(
      'thread-lost',
      `start threads: ${threads} compute threads cannot be started: ${whyNotStarted(cause)}`,
      { cause },
    );
  } finally {
    await pool.destroy();
  }
}

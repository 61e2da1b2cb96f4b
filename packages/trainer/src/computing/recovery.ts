// What becomes of a command when compute threads die. The state of the last committed step is whole then, and the
// threads are replaced already: whoever trains alone gives the command again; a worker tells that its step is not done.
import { LockstepError } from '@lockstep/core';

export interface LostThread {
  readonly thread: number;
  readonly reason: string;
  /** Whether it had begun with its task: if not, it could not be started. */
  readonly started: boolean;
  readonly cause: unknown;
}

/** A step at which threads died this often in a row is not tried again. */
const MAX_LOSSES = 3;

export interface Retry {
  /** Gives the command. @returns the threads that died meanwhile; then it is not done */
  readonly command: () => Promise<readonly LostThread[]>;
  readonly committedStep: () => number;
  readonly onLost: (lost: LostThread) => void;
}

/**
 * Gives a command until it is done.
 *
 * @throws LockstepError (code `thread-lost`) if threads die at the same step again and again
 */
export async function untilDone({ command, committedStep, onLost }: Retry): Promise<void> {
  let losses = 0;
  let lostAt = committedStep();
  for (;;) {
    const lost = await command();
    if (lost.length === 0) return;
    losses = committedStep() === lostAt ? losses + 1 : 1;
    lostAt = committedStep();
    for (const thread of lost) onLost(thread);
    if (losses < MAX_LOSSES) continue;
    const last = lost.find(({ started }) => !started) ?? lost[0]!;
    const times = `threads died ${losses} times in a row at step ${lostAt}, the last time`;
    throw lostError('train', last, `${times} thread ${last.thread}`);
  }
}

/** @throws LockstepError (code `thread-lost`) if a thread died */
export function checkLost([lost]: readonly LostThread[]): void {
  if (lost) throw lostError('worker', lost, `thread ${lost.thread} died`);
}

function lostError(operation: string, lost: LostThread, what: string): LockstepError {
  const { reason, started, cause } = lost;
  const words = started ? what : 'compute threads cannot be started';
  return new LockstepError('thread-lost', `${operation}: ${words}: ${reason}`, { cause });
}

// What can go wrong for the person at the keyboard, and the exit status that says so.
// Invariant: 0 done, 1 the run failed, 2 bad usage or bad input found before it began, 130 interrupted. Whoever starts commands again
// by their status never does after 2: what may be otherwise the next time is no 2, however early it is found.
import { LockstepError } from '@lockstep/errors';
import { type ErrorEvent, failureOf } from '@lockstep/trainer';
import { CommanderError } from 'commander';
import { StoreError } from './store-error.js';

/** A flag, a file or a combination of them that the command cannot work with. */
export class UsageError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}

/** The user, or the system, asked the command to stop. */
export class Interrupted extends LockstepError {
  /** @param by a signal, or in words */
  constructor(by: NodeJS.Signals | 'its page') {
    super('interrupted', `stopped by ${by}`);
  }
}

/** Stdout takes nothing more: nobody reads it any longer, as after `| head`, or the disk under it is full. */
export class OutputClosed extends LockstepError {
  readonly isUnread: boolean;
  constructor(cause: unknown) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isUnread = code === 'EPIPE';
    super(
      'output',
      isUnread
        ? 'write results: nobody reads stdout any longer'
        : `write results: stdout cannot be written: ${message}`,
      { cause },
    );
    this.isUnread = isUnread;
  }
}

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Codes of errors that the same command may not meet the next time: others did not answer, were busy, or have failed. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'store',
  'etcd',
  'download',
  'unreachable',
  'timeout',
  'in-use',
  'fenced',
  'run-failed',
  'mpi',
]);

/** Codes of errors that mean that the input is wrong, also when computing has begun to look at it. */
const INPUT_CODES = new Set(['usage', 'config', 'shape', 'graph', 'data', 'format']);

/**
 * @param began whether the run had begun: from then on an error is the run's failure
 * @returns the exit status for what a command threw
 */
export function exitStatus(error: unknown, began: boolean): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof OutputClosed || began || mayPass(error)) return EXIT.failed;
  return isExpected(error) ? EXIT.usage : EXIT.failed;
}

function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return !error.isRefused;
  return error instanceof LockstepError && PASSING_CODES.has(error.code);
}

/** Whether an error of an evaluation is about what it was given, and not about computing it. */
export function isInputError(error: unknown): boolean {
  return isExpected(error) && INPUT_CODES.has(describeError(error).code);
}

/** Errors that are thrown on purpose, or by the file system; others are defects. */
function isExpected(error: unknown): boolean {
  return (
    error instanceof LockstepError ||
    error instanceof CommanderError ||
    (error instanceof Error && 'syscall' in error)
  );
}

/** The stable code of an error and its words for people. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof CommanderError) {
    return {
      code: 'usage',
      message: error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '),
    };
  }
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) };
  const code =
    error instanceof LockstepError ? error.code : 'syscall' in error ? 'usage' : 'internal';
  return { code, message: `${error.message}${hintFor(error)}` };
}

/** An error as an event: at the time and the step that the run recorded, if it ended one. */
export function errorEvent(error: unknown, now: Date): ErrorEvent {
  const { time = now.toISOString(), step } = failureOf(error) ?? {};
  return { event: 'error', time, ...describeError(error), step };
}

function hintFor(error: Error): string {
  if (!isExpected(error)) return ' (LOCKSTEP_DEBUG=1 shows where)';
  const isOfFiles = /\bE[MN]FILE\b/.test(error.message) && !error.message.includes('ulimit -n');
  return isOfFiles
    ? '. The limit on open files is reached (ulimit -n): use fewer threads, or raise it'
    : '';
}

// Follows a run to its end: events to the reporter, progress to the live line.
// Invariant: whatever ends the run, the live line is gone afterwards, and the error is passed on.
import { RunFailedError } from '@lockstep/coordinator';
import { LockstepError } from '@lockstep/core';
import type { ClusterEvent, Progress, RunEndEvent, RunStartEvent } from '@lockstep/trainer';
import { shortPath } from './command-line.js';
import { WHY_ENDED } from './ending-words.js';
import { progressLine } from './progress-line.js';
import type { Session } from './session.js';
import type { Watchers } from './watchers.js';
import { formatCount, plural } from './wording.js';

/** The commands that compute runs. */
export type RunCommandName = 'train' | 'coordinator' | 'launch';

/** How a run is followed. */
export interface FollowOptions {
  readonly out: string;
  /** The command that goes on with it, and the flags that say how it is to be computed. */
  readonly again: readonly [RunCommandName, ...(readonly string[])];
  /** Whether the run begins; false for one that goes on, which may have come to its end before. */
  readonly isNew?: boolean;
  /** The live text, at most `columns` wide a line; '' shows none. */
  readonly live: (columns: number) => string;
  /** Called after the event was reported. */
  /** What it returns is waited for before the next event is asked for. */
  readonly onEvent?: (event: ClusterEvent) => unknown;
  /** Who looks on besides; told after `onEvent`. */
  readonly watchers?: Pick<Watchers, 'onEvent'>;
  /** Called when it was stopped, before the signal's reason is thrown, with the command that goes on with it. */
  readonly onStopped?: (again: string) => void;
  /** Which steps of a run that was stopped are not saved, and why; undefined if all are. */
  readonly unsaved?: () => string | undefined;
}

/** @throws what the run throws; the signal's reason if it was stopped */
export async function follow(
  run: AsyncIterable<ClusterEvent>,
  session: Session,
  options: FollowOptions,
): Promise<void> {
  const { out, again: begun, isNew = true, live, onEvent, onStopped, watchers, unsaved } = options;
  const [command, ...flags] = begun;
  const { screen, reporter, signal } = session;
  let savedStep: number | undefined;
  /** Where it went on; undefined if nobody computed anything. */
  let firstStep: number | undefined;
  const folder = shortPath(out, session.cwd);
  const again = (): string => session.commandLine(command, '--resume', folder, ...flags);
  /** As somebody reads it: whoever started the ranks starts them all again. */
  const howTo = (): string =>
    `go on with: ${again()}${command === 'launch' ? ', by each rank' : ''}`;
  screen.show(live);
  try {
    for await (const event of run) {
      if (event.event === 'run-start' || event.event === 'listening') session.markBegun();
      if (event.event === 'run-start') firstStep = event.step;
      if (event.event === 'checkpoint') savedStep = event.step;
      // The run has no end yet, as far as its folder and whoever reads events are concerned: it can go on.
      if (signal.aborted && event.event === 'run-end' && event.stopped === 'asked') break;
      reporter.report(event);
      await onEvent?.(event);
      await watchers?.onEvent(event);
      if (event.event !== 'run-end') continue;
      if (!isNew && (firstStep ?? event.step) === event.step) {
        screen.note(`note: ${overBefore(event, beginning(session, command, folder))}`);
      }
      return;
    }
    if (signal.aborted) {
      screen.hide();
      const lost = unsaved?.();
      if (savedStep !== undefined) {
        const step = formatCount(savedStep);
        screen.err(`stopped at step ${step}, which is saved; ${howTo()}`);
        if (lost !== undefined) screen.warn(lost);
      }
      onStopped?.(again());
      throw signal.reason;
    }
  } catch (error) {
    screen.hide();
    if (error instanceof RunFailedError && error.out !== undefined) {
      throw new LockstepError(error.code, `${error.why}; ${howTo()}`, { cause: error });
    }
    throw error;
  } finally {
    screen.hide();
  }
}

/** The command that begins another run with the weights of one. */
function beginning({ commandLine }: Session, command: string, folder: string): string {
  // Ranks have to be told where their run lies.
  const out = command === 'launch' ? ['--out', `${folder}-2`] : [];
  return commandLine(command, '--init', folder, ...out);
}

/** Of a run that nothing was left to do for. */
function overBefore({ step, stopped }: RunEndEvent, begin: string): string {
  return `the run had ended ${WHY_ENDED[stopped]}, at step ${formatCount(step)}; to train on, begin a new one from its weights: ${begin}`;
}

/** What is needed of a TrainingRun. */
export interface ThreadsRun {
  /** Threads that compute. */
  readonly threads: number;
  /** Threads that were asked for and have no shard. */
  readonly waiting: number;
  progress(): Progress | undefined;
}

/**
 * How a run on this machine's threads is followed.
 *
 * @param isNew whether the user can still choose the number of shards
 */
export function followThreads(
  run: ThreadsRun,
  { screen }: Session,
  isNew: boolean,
): Pick<FollowOptions, 'live' | 'onEvent'> {
  return {
    live: (columns) => {
      const progress = run.progress();
      return progress ? progressLine(progress, columns, screen) : '';
    },
    onEvent: (event) => {
      if (event.event === 'run-start' && run.waiting > 0) {
        screen.note(`note: ${waitingNote(run, event, isNew)}`);
      }
    },
  };
}

/** e.g. `4 of 8 threads wait: 4 shards; use --shards 8 (other shards make other weights)` */
export function waitingNote(
  { threads: busy, waiting }: Pick<ThreadsRun, 'threads' | 'waiting'>,
  { shards, batchSize }: Pick<RunStartEvent, 'shards' | 'batchSize'>,
  isNew: boolean,
): string {
  const threads = busy + waiting;
  const verb = waiting === 1 ? 'waits' : 'wait';
  const fact = `${formatCount(waiting)} of ${plural(threads, 'thread')} ${verb}: ${plural(shards, 'shard')}`;
  let enough = 1;
  while (enough < threads) enough *= 2;
  if (!isNew) return fact;
  return enough <= batchSize
    ? `${fact}; use --shards ${enough} (other shards make other weights)`
    : `${fact}; a larger --batch-size has work for more`;
}

// Follows a run to its end: events to the reporter, progress to the live line.
// Invariant: whatever ends the run, the live line is gone afterwards, and the error is passed on.
import type { Progress, RunStartEvent, TrainEvent } from '@lockstep/trainer';
import { shortPath } from './command-line.js';
import { progressLine } from './progress-line.js';
import type { Session } from './session.js';
import { formatCount, plural } from './wording.js';

/** What is needed of a TrainingRun. */
export interface FollowedRun extends AsyncIterable<TrainEvent> {
  /** Threads that compute. */
  readonly workers: number;
  /** Threads that were asked for and have no shard. */
  readonly waiting: number;
  progress(): Progress | undefined;
}

export interface FollowOptions {
  readonly out: string;
  /** Whether the user can still choose the number of shards. */
  readonly isNew: boolean;
}

/** @throws what the run throws; the signal's reason if it was stopped */
export async function follow(
  run: FollowedRun,
  session: Session,
  { out, isNew }: FollowOptions,
): Promise<void> {
  const { screen, reporter, signal } = session;
  let savedStep: number | undefined;
  screen.show((columns) => {
    const progress = run.progress();
    return progress ? progressLine(progress, columns, screen.errColors) : '';
  });
  try {
    for await (const event of run) {
      if (event.event === 'run-start') session.markBegun();
      if (event.event === 'checkpoint') savedStep = event.step;
      reporter.report(event);
      if (event.event === 'run-start' && run.waiting > 0) {
        screen.note(`note: ${waitingNote(run, event, isNew)}`);
      }
    }
  } catch (error) {
    screen.hide();
    if (signal.aborted && error === signal.reason && savedStep !== undefined) {
      const command = session.commandLine('train', '--resume', shortPath(out, session.cwd));
      screen.err(
        `stopped at step ${formatCount(savedStep)}, which is saved; go on with: ${command}`,
      );
    }
    throw error;
  } finally {
    screen.hide();
  }
}

/** e.g. `4 of 8 threads wait: 4 shards; use --shards 8 (other shards make other weights)` */
export function waitingNote(
  { workers, waiting }: Pick<FollowedRun, 'workers' | 'waiting'>,
  { shards, batchSize }: Pick<RunStartEvent, 'shards' | 'batchSize'>,
  isNew: boolean,
): string {
  const threads = workers + waiting;
  const verb = waiting === 1 ? 'waits' : 'wait';
  const fact = `${formatCount(waiting)} of ${plural(threads, 'thread')} ${verb}: ${plural(shards, 'shard')}`;
  let enough = 1;
  while (enough < threads) enough *= 2;
  if (!isNew) return fact;
  return enough <= batchSize
    ? `${fact}; use --shards ${enough} (other shards make other weights)`
    : `${fact}; a larger --batch-size has work for more`;
}

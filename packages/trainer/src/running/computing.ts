// What a run needs of whatever computes it: the threads of this machine, or a cluster. The shell (`Run`) owns the folder, the
// order of events, the signal and the result; what computes takes steps, and says what comes of them.
import type { RunPlan, RunState } from '@lockstep/core/internal';
import type { EventQueue } from './event-queue.js';
import type { CheckpointEvent, ClusterEvent, TrainEvent, WarningEvent } from './events.js';
import type { Evaluated, RunReport, Standing } from './run-report.js';

/** What whoever computes tells first, among what only it knows. */
export interface Opening {
  /** The first checkpoint of a new run that has a folder. */
  readonly saved: readonly CheckpointEvent[];
  readonly warnings: readonly WarningEvent[];
}

/** What whoever computes says of a run, and whom it tells. */
export interface Telling<E> {
  readonly report: RunReport;
  readonly events: EventQueue<E | TrainEvent>;
}

/**
 * Called in this order: `check` (of a new run), `open`, `run`, `close`; `close` also if one of the others has failed.
 *
 * @typeParam E what it tells
 */
export interface Computing<E extends ClusterEvent> {
  readonly plan: RunPlan;
  /** Undefined before it is known. */
  readonly standing: Standing | undefined;
  /** @throws what would keep a new run from beginning; nothing has been written yet */
  check?(): Promise<void>;
  /** Makes what computes, once the folder is this process's; nothing is computed yet. */
  open(telling: Telling<E>): Promise<void>;
  /** The state that the run goes on from, and when it is over the last one. */
  readState(): RunState;
  /**
   * Computes to the end, saving where a checkpoint is due, and stands still at an epoch's end until the next event is asked
   * for.
   *
   * @returns undefined if it was stopped; what could be saved is saved then
   */
  run(opening: Opening): Promise<Evaluated | undefined>;
  /** It ends after the step that is under way. */
  stop(why: 'aborted' | 'left'): void;
  /** The error of a run that cannot go on since an event could not be logged. Default: the cause. */
  unlogged?(event: string, cause: Error): Error;
  close(): Promise<void>;
}

// What a run needs of whatever computes it: the threads of this machine, or a cluster. The shell (`Run`) owns the folder, the
// order of events, the signal and the result; what computes takes steps, and says what comes of them.
import type { Judgement, RunPlan, RunState } from '@lockstep/core/internal';
import type { Seen } from '../computing/engine-options.js';
import type { EventQueue } from './event-queue.js';
import type { CheckpointEvent, ClusterEvent, TrainEvent, WarningEvent } from './events.js';
import type { Ended, RunReport, Standing } from './run-report.js';

/** What whoever computes tells first, among what only it knows. */
export interface Opening {
  /** The first checkpoint of a new run that has a folder. */
  readonly saved: readonly CheckpointEvent[];
  readonly warnings: readonly WarningEvent[];
}

/** A state of the run that whoever computes has in its hands. */
export interface Held {
  readonly step: number;
  readonly state: RunState;
  /** Of the epochs before. */
  readonly judgement: Judgement;
  /** Why it ended there, if not because it was interrupted. */
  readonly stopped?: 'asked' | 'time';
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
  /** What the run goes on from; and when it was stopped, what it came to. Not while it runs. */
  held(): Held;
  /** The newest that can be seen here while it runs; steps go on afterwards. After `open`. */
  see(): Promise<Seen>;
  /** Saves the newest step, while the run goes on. After `open`. @returns the path; null for a run without a folder */
  checkpoint(): Promise<string | null>;
  /**
   * Computes to the end, saving where a checkpoint is due and where an epoch is the best, if it is to be kept; stands still
   * at an epoch's end until the next event is asked for.
   *
   * @returns undefined if it was stopped; what could be saved is saved then
   */
  run(opening: Opening): Promise<Ended | undefined>;
  /** It ends after the step that is under way. */
  stop(why: 'aborted' | 'left'): void;
  /** The error of a run that cannot go on since an event could not be logged. Default: the cause. */
  unlogged?(event: string, cause: Error): Error;
  close(): Promise<void>;
}

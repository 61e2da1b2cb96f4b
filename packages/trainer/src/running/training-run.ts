// A run on this machine's cores, for whoever follows it.
import { ConfigError } from '@lockstep/core';
import type { ThreadLane } from '../computing/lanes.js';
import type { ThreadProfile } from '../computing/profile.js';
import type { TrainEvent } from './events.js';
import type { PreparedRun } from './prepare-run.js';
import { Run } from './run.js';
import { ThreadComputing, type ThreadOptions } from './thread-computing.js';

/** A run on the threads of this machine: iterate it for its events, or wait for its result. */
export class TrainingRun extends Run<TrainEvent, ThreadComputing> {
  /** Use `train` or `resume`. */
  constructor(options: PreparedRun, how: ThreadOptions) {
    super(options, new ThreadComputing(options, how));
  }

  /** Threads that compute. */
  get threads(): number {
    return this.computing.threads;
  }

  /** Threads that were asked for but wait, because there are fewer shards. */
  get waiting(): number {
    return this.computing.waiting;
  }

  /** What each thread's time has gone to so far; empty unless `lanes` was asked for. */
  get lanes(): readonly ThreadLane[] {
    return this.computing.lanes;
  }

  /**
   * Saves the step that the run is at now, besides those that are saved anyway; training goes on meanwhile.
   *
   * @returns the checkpoint's path; null for a run without a folder
   * @throws ConfigError before the run has begun; CheckpointError if it cannot be written, and then the run goes on
   */
  async checkpoint(): Promise<string | null> {
    if (!this.hasBegun) throw new ConfigError('checkpoint: the run has not begun');
    return this.computing.checkpoint();
  }

  /** What each thread's time went to; when the run is over, if it was asked for. */
  get profiles(): readonly ThreadProfile[] {
    return this.computing.profiles;
  }

  /** Steps that were taken since this run began or was resumed. */
  get stepsTaken(): number {
    return this.computing.standing.step - this.options.step;
  }
}

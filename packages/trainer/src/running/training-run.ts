// A run on this machine's cores, for whoever follows it.
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

  /** What each thread's time went to; when the run is over, if it was asked for. */
  get profiles(): readonly ThreadProfile[] {
    return this.computing.profiles;
  }

  /** Steps that were taken since this run began or was resumed. */
  get stepsTaken(): number {
    return this.computing.standing.step - this.options.step;
  }
}

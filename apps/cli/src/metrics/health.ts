// What probes are told of a process: whether it lives, and whether it is ready.
// Invariant: who waits lives. A worker without a coordinator, or a coordinator without workers, is not made better by being
// started anew, and loses what it holds.
import type { SeenRun } from './run-metrics.js';
import type { Health } from './server.js';
import type { SeenWorker } from './worker-metrics.js';

/** A disk that has not answered for longer is taken for one that hangs: a network's file system that comes back does so sooner. */
const MOST_JOURNAL_WAIT_MS = 60_000;

/** Of a `train`: ready once it computes. Of a coordinator: ready while workers may join. */
export function healthOfRun(seen: SeenRun): Health {
  return {
    live: () => {
      const { journalWaitMs = 0 } = seen.run ?? {};
      return journalWaitMs > MOST_JOURNAL_WAIT_MS
        ? `the disk has not answered the journal for ${Math.round(journalWaitMs / 1000)} s`
        : undefined;
    },
    ready: () => {
      if (!seen.run) return 'the run has not begun';
      if (seen.run.journalWaitMs === undefined) {
        return seen.progress ? undefined : 'the run has not begun';
      }
      return seen.isOpen ? undefined : 'no worker may join: it does not listen, or the run is over';
    },
  };
}

/** Ready while it has a coordinator. */
export function healthOfWorker(seen: SeenWorker): Health {
  return {
    live: () => undefined,
    ready: () => (seen.isConnected ? undefined : 'there is no coordinator'),
  };
}

// Who looks on while a run goes on, besides whoever reports it: asked for by flags, and no part of what the run is.
// Invariant: a watcher throws nothing. Whatever it fails at, it warns of once, and the run goes on to the same bytes.
import type { EpochView } from '@lockstep/core';
import type { ClusterEvent, Progress } from '@lockstep/trainer';

/** A run, as far as watchers see it besides its events. */
export interface Watched {
  /** Where it stands now; undefined before it has begun. */
  progress(): Progress | undefined;
}

export interface Watcher {
  /** Before the first event. */
  begin(run: Watched): void;
  /** After an event was reported; waited for before the next one is asked for. */
  onEvent(event: ClusterEvent): Promise<void>;
  /** After an epoch's event, with its weights; waited for before the next step is taken. */
  onEpoch(epoch: EpochView): Promise<void>;
  /** There are no more events, however the run has ended. */
  close(): Promise<void>;
}

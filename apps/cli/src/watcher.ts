// Who looks on while a run or a worker goes on, besides whoever reports it: asked for by flags, and no part of what the run is.
// Invariant: a watcher ends nothing. Whatever it fails at is one warning, by itself or by whoever tells it (`watchers.ts`), and
// the run goes on to the same bytes.
import type { WorkerStatus as MemberStatus } from '@lockstep/coordinator';
import type { EpochView, StepReport } from '@lockstep/core';
import type { Datasets, RunConfig } from '@lockstep/core/internal';
import type { ClusterEvent, Progress } from '@lockstep/trainer';
import type { WorkerEvent, WorkerStatus } from '@lockstep/worker';

/** A run, as far as watchers see it besides its events. */
export interface Watched {
  /** As its events call it. */
  readonly name: string;
  readonly config: RunConfig;
  readonly data: Datasets;
  /** Of this machine. */
  readonly backend: { readonly name: string; readonly arithmetic: string };
  /** Where it stands now; undefined before it has begun. */
  progress(): Progress | undefined;
  /** Of a cluster. */
  readonly workers?: readonly MemberStatus[];
  /** Of a cluster: for how long the disk has not answered its journal. */
  readonly journalWaitMs?: number;
  /** Of a cluster: workers that must yet come before anybody computes. */
  readonly missing?: number;
  /** That compute, of a run on this machine. */
  readonly threads?: number;
}

/** A worker, as far as watchers see it besides its events. */
export interface WatchedWorker {
  readonly status: WorkerStatus;
}

export interface Watcher<Seen = Watched, Event = ClusterEvent> {
  /** What asked for it, for warnings: `--tensorboard`. */
  readonly name: string;
  /** Before the first event. @param out the run's folder; '' of a worker */
  begin(seen: Seen, out: string): void;
  /** After an event was reported; waited for before the next one is asked for. */
  onEvent(event: Event): void | Promise<void>;
  /** After an epoch's event, with its weights; waited for before the next step is taken. Left out where nobody wants weights. */
  onEpoch?(epoch: EpochView): Promise<void>;
  /** After a step; waited for. Left out where nobody wants each: to be told of them makes them slower. */
  onStep?(step: StepReport): void;
  /** There are no more events, or there were none. @param error what ended it before its end */
  close(error?: unknown): void | Promise<void>;
}

export type WorkerWatcher = Watcher<WatchedWorker, WorkerEvent>;

// A run on many machines, for whoever follows it and its workers.
import type { Dataset } from '@lockstep/core';
import { type ClusterEvent, Run } from '@lockstep/trainer';
import type { Link } from '@lockstep/transport';
import { ClusterComputing } from './cluster-computing.js';
import type { ClusterOptions } from './coordinator-setup.js';
import { RunFailedError } from './run-failed.js';
import { type WorkerStatus, workerStatuses } from './worker-status.js';

/** A run on many machines: iterate it for its events, or wait for its result. */
export class ClusterRun extends Run<ClusterEvent, ClusterComputing> {
  /** Use `coordinate` or `resumeCoordinated`. */
  constructor(options: ClusterOptions) {
    super(options, new ClusterComputing(options));
  }

  /** Where workers reach it; undefined before it listens. */
  get url(): string | undefined {
    return this.computing.url;
  }

  /** Whether it has come to its end, as one that goes on may have before: nobody has anything left to compute. */
  get isOver(): boolean {
    return this.computing.isOver;
  }

  /** What it waits for, in words; undefined while workers compute. */
  get waitsFor(): string | undefined {
    return this.computing.waitsFor;
  }

  /** For how many milliseconds the disk has not answered the journal; 0 where nothing was asked of it. */
  get journalWaitMs(): number {
    return this.computing.journalWaitMs;
  }

  /** Workers that must yet come before anybody computes; 0 when enough are there. */
  get missing(): number {
    return this.computing.missing;
  }

  get workers(): readonly WorkerStatus[] {
    const state = this.computing.membership;
    return state ? workerStatuses(state, (id) => this.computing.traffic(id)) : [];
  }

  /** Of a run that has ended early: which steps are not saved, and why; undefined if all are. */
  get unsaved(): string | undefined {
    return this.computing.unsaved;
  }

  /** What the run learns from and is evaluated on. */
  get datasets(): readonly Dataset[] {
    return Object.values(this.data);
  }

  /**
   * Sends a worker away: it goes as soon as what it alone holds is held by another or saved, and does not come again by itself.
   *
   * @param why told to it, and with its loss
   * @throws ConfigError if no worker has this name now
   */
  dismiss(name: string, why = 'it was sent away'): void {
    this.computing.dismiss(name, why);
  }

  protected override described(error: unknown): string | undefined {
    return error instanceof RunFailedError ? error.why : undefined;
  }

  /** A link for a worker in this process. Only while the run goes on. */
  connect(): Link {
    return this.computing.connect();
  }
}

// A run on many machines, for whoever follows it and its workers.
import type { Dataset } from '@lockstep/core';
import { type ClusterEvent, Run } from '@lockstep/trainer';
import type { Link } from '@lockstep/transport';
import { ClusterComputing } from './cluster-computing.js';
import type { ClusterOptions } from './coordinator-setup.js';

/** A worker as the coordinator sees it, for people. */
export interface WorkerStatus {
  readonly name: string;
  readonly threads: number;
  /** Its shards in the generation that runs, [first, end). */
  readonly shards: { readonly first: number; readonly end: number } | undefined;
  /** It has none, and would in a run of so many; undefined if it has, or no number would give it one. */
  readonly neededShards: number | undefined;
  /** Mean milliseconds a step: computing, sending, waiting for others; undefined before it reported. */
  readonly computeMs: number | undefined;
  readonly sendMs: number | undefined;
  readonly waitMs: number | undefined;
}

export class ClusterRun extends Run<ClusterEvent, ClusterComputing> {
  /** Use `coordinate` or `resumeCoordinated`. */
  constructor(options: ClusterOptions) {
    super(options, new ClusterComputing(options));
  }

  /** Where workers reach it; undefined before it listens. */
  get url(): string | undefined {
    return this.computing.url;
  }

  /** What it waits for, in words; undefined while workers compute. */
  get waitsFor(): string | undefined {
    return this.computing.waitsFor;
  }

  get workers(): readonly WorkerStatus[] {
    const state = this.computing.membership;
    if (!state) return [];
    const ranks = state.phase.name === 'running' ? state.phase.team.ranks : [];
    const { idle } = state.told;
    return state.members.map(({ id, name, threads, progress }) => {
      const rank = ranks.find((other) => other.id === id);
      return {
        name,
        threads,
        shards: rank && { first: rank.first, end: rank.end },
        neededShards: (idle?.ids.includes(id) && idle.needed) || undefined,
        computeMs: progress?.computeMs,
        sendMs: progress?.sendMs,
        waitMs: progress?.waitMs,
      };
    });
  }

  /** Of a run that has ended early: which steps are not saved, and why; undefined if all are. */
  get unsaved(): string | undefined {
    return this.computing.unsaved;
  }

  /** What the run learns from and is evaluated on. */
  get datasets(): readonly Dataset[] {
    return Object.values(this.options.data);
  }

  /** A link for a worker in this process. Only while the run goes on. */
  connect(): Link {
    return this.computing.connect();
  }
}

// What a run tells while it goes on: the objects that `for await` gives, that `--json` prints and that
// metrics.jsonl holds. Losses are means over samples; accuracies are in [0, 1]; times are ISO 8601.

import type { Topology } from '@lockstep/collective';
import type { MetricValues, Stopped } from '@lockstep/core';

interface EventBase {
  readonly time: string;
}

/** The run begins, or goes on. */
export interface RunStartEvent extends EventBase {
  readonly event: 'run-start';
  readonly run: string;
  readonly dataset: {
    readonly name: string;
    readonly train: number;
    /** 0 where there is no test data. */
    readonly test: number;
    readonly sha256: string;
  };
  readonly parameters: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly workers: number;
  readonly epochs: number;
  /** Where it starts: above 0 for a resumed run. */
  readonly step: number;
  /** Name and version of the numbers that it is computed with. */
  readonly arithmetic: string;
  /** What computes on this machine: `wasm`, `native-8`, `native-16`, or what a backend of one's own is called. */
  readonly kernels: string;
  /** SHA-256 of the kernels, for information. */
  readonly engine: string;
}

/** Something looks wrong with what the run is made of, though it can be computed. After `run-start`. */
export interface WarningEvent extends EventBase {
  readonly event: 'warning';
  readonly message: string;
}

/** A worker is gone. */
export interface WorkerLostEvent extends EventBase {
  readonly event: 'worker-lost';
  readonly name: string;
  /** What its link closed with (`lost`, `silent`, `left`, ...), or `thread-lost`. A worker chooses it, if it closed the link. */
  readonly code: string;
  readonly reason: string;
  /** It went on purpose, by its user or sent away, which is no failure. Left out of what is no worker of a cluster. */
  readonly left?: boolean | undefined;
  readonly generation: number;
  readonly step: number;
}

/** Another number of threads computes from here on, since a step is shorter with it; the others rest. */
export interface ThreadsEvent extends EventBase {
  readonly event: 'threads';
  readonly step: number;
  readonly computing: number;
  /** Computing before. */
  readonly before: number;
  /** Threads that there are. */
  readonly of: number;
  /** Milliseconds that a step took with so many as compute now, and with so many as before. */
  readonly stepMs: number;
  readonly beforeMs: number;
}

/** The first step after a loss is done. */
export interface RecoveredEvent extends EventBase {
  readonly event: 'recovered';
  readonly step: number;
  /** From the loss being noticed to the next committed step. */
  readonly ms: number;
}

/** An epoch is over. */
export interface EpochEndEvent extends EventBase {
  readonly event: 'epoch-end';
  /** From 1. */
  readonly epoch: number;
  readonly step: number;
  /** Seen in this epoch. */
  readonly samples: number;
  readonly trainLoss: number;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  /** Of `test` by their plain names, of every other dataset by `<dataset>.<metric>`. */
  readonly metrics: MetricValues;
  /** Of this epoch, with its evaluation and checkpoints; of a cluster without the time for which nobody computed. */
  readonly seconds: number;
  /** In this epoch. Training time only, without evaluation or checkpoints; what was trained before a resume is left out. */
  readonly samplesPerSecond: number;
  readonly weightsHash: string;
}

/** A checkpoint was saved. */
export interface CheckpointEvent extends EventBase {
  readonly event: 'checkpoint';
  readonly step: number;
  readonly path: string;
  /** SHA-256 of the whole state that it holds, the same wherever the run is computed; the file has another one. */
  readonly digest: string;
}

/** The run is over. */
export interface RunEndEvent extends EventBase {
  readonly event: 'run-end';
  /** The run's last. */
  readonly step: number;
  /** Over the whole run, across interruptions. */
  readonly samples: number;
  /** Of the weights that the run gives, as are the metrics: the last epoch's or the best one's. */
  readonly weightsHash: string;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  /** Of `test` by their plain names, of every other dataset by `<dataset>.<metric>`. */
  readonly metrics: MetricValues;
  /** Why it ended. A run that was interrupted was asked to; it is not evaluated, and goes on when it is resumed. */
  readonly stopped: Stopped;
  /** From 1; null where nothing is evaluated, or no epoch came to its end. */
  readonly bestEpoch: number | null;
  /** Since this process took up the run, with evaluations and checkpoints; of a cluster without the time for which nobody computed. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** The run's folder; null for a run without one. */
  readonly out: string | null;
}

/** It failed, and ends there. */
export interface ErrorEvent extends EventBase {
  readonly event: 'error';
  readonly code: string;
  readonly message: string;
  /** So many steps had been taken; left out where no run had begun. */
  readonly step?: number | undefined;
}

/** It was stopped, and can go on. In its folder alone: whoever stopped it knows it. */
export interface InterruptedEvent extends EventBase {
  readonly event: 'interrupted';
  /** So many steps had been taken. */
  readonly step: number;
  /** The newest of them that is saved. */
  readonly saved: number;
  /** What stopped it, in words. */
  readonly reason: string;
}

/** Of a cluster: where workers reach the coordinator. */
export interface ListeningEvent extends EventBase {
  readonly event: 'listening';
  readonly url: string;
  /** All of them, where it listens to several addresses; `url` is the first. */
  readonly urls: readonly string[];
}

/** A worker has come. */
export interface WorkerJoinedEvent extends EventBase {
  readonly event: 'worker-joined';
  readonly name: string;
  readonly threads: number;
  readonly generation: number;
  readonly step: number;
}

/** A new membership took up the work. */
export interface GenerationEvent extends EventBase {
  readonly event: 'generation';
  readonly generation: number;
  /** Names, in the order of ranks. */
  readonly members: readonly string[];
  readonly topology: Topology;
  readonly step: number;
}

/** Where a mesh was possible a star is made, and why. */
export interface FallbackEvent extends EventBase {
  readonly event: 'fallback';
  readonly generation: number;
  readonly topology: 'star';
  readonly step: number;
  readonly reason: string;
}

/** The shards are dealt anew, since a worker has become slower or faster than it was dealt for. */
export interface RedealEvent extends EventBase {
  readonly event: 'redeal';
  /** The one that is dealt anew. */
  readonly generation: number;
  readonly step: number;
  /** The slowest worker, and the shards that it had. */
  readonly name: string;
  readonly shards: number;
  /** Milliseconds that a step took it, and that one would take with the fastest deal. */
  readonly stepMs: number;
  readonly bestMs: number;
  readonly reason: string;
}

/** What the workers hold on the way, between epochs' ends and checkpoints: what a replay of the run is compared with. */
export interface DigestEvent extends EventBase {
  readonly event: 'digest';
  readonly step: number;
  /** SHA-256 of the whole state, as a checkpoint of that step would have it. */
  readonly digest: string;
}

/** Workers that could compute, and have no shard. */
export interface WithoutShardsEvent extends EventBase {
  readonly event: 'without-shards';
  readonly generation: number;
  readonly step: number;
  readonly names: readonly string[];
  /** Of the run. */
  readonly shards: number;
  /** With so many shards each worker would have one; null if no number does it. */
  readonly needed: number | null;
  /** With what would give them one. */
  readonly reason: string;
}

/** What a run on threads tells. */
export type TrainEvent =
  | RunStartEvent
  | WarningEvent
  | WorkerLostEvent
  | ThreadsEvent
  | RecoveredEvent
  | EpochEndEvent
  | CheckpointEvent
  | RunEndEvent
  | ErrorEvent
  | InterruptedEvent;

/** What a run on many machines tells. */
export type ClusterEvent =
  | TrainEvent
  | ListeningEvent
  | WorkerJoinedEvent
  | GenerationEvent
  | FallbackEvent
  | RedealEvent
  | DigestEvent
  | WithoutShardsEvent;

/** Where a run stands now, for a progress line. */
export interface Progress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Committed steps since the start of the run. */
  readonly step: number;
  readonly steps: number;
  /** Mean loss of the last committed step's samples; undefined before the first. */
  readonly loss: number | undefined;
  /** Spent on training since this process took up the run. */
  readonly trainingSeconds: number;
  /** Over that time. */
  readonly samplesPerSecond: number;
  /** Training time left at that rate. */
  readonly secondsLeft: number | undefined;
  /** Of a cluster: what it waits for, in words, while nobody computes; undefined while somebody does. */
  readonly waitsFor?: string | undefined;
}

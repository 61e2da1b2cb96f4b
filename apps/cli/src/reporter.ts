// What a command tells as it goes on, and the contract of those who pass it to the user.
// Invariant: everything that a command finds out is an event; a reporter decides about its form only.
import type { DatasetTraits, Graph, MetricValues, NetworkSummary } from '@lockstep/core';
import type { ClusterEvent, Contents, TensorEntry } from '@lockstep/trainer';
import type { CheckEvent, DoctorEvent } from './doctor/events.js';

export interface EvaluationEvent {
  readonly event: 'evaluation';
  /** ISO 8601. */
  readonly time: string;
  /** Mean over the samples. */
  readonly loss: number;
  /** In [0, 1]; null where the loss knows no right and wrong. */
  readonly accuracy: number | null;
  /** These two, and all others, by name. */
  readonly metrics: MetricValues;
  readonly samples: number;
}

export interface ExportEvent {
  readonly event: 'exported';
  /** ISO 8601. */
  readonly time: string;
  /** The format: onnx, npz, graph, safetensors. */
  readonly to: string;
  /** The file, from the root. */
  readonly path: string;
  readonly bytes: number;
  readonly weightsHash: string;
}

/** What a network learns by. */
interface NetworkLosses {
  readonly loss: string | null;
  /** Of a network whose outputs have names; null for one output. */
  readonly heads: Graph['heads'] | null;
}

/** What a file or folder holds. */
export interface InspectionEvent {
  readonly event: 'inspected';
  /** ISO 8601. */
  readonly time: string;
  /** The file or folder, from the root. */
  readonly path: string;
  /** run, model, checkpoint, weights or graph. */
  readonly kind: Contents['kind'];
  /** Steps that have been taken, where that is known. */
  readonly step: number | null;
  /** null for weights alone. */
  readonly network: (NetworkSummary & NetworkLosses) | null;
  readonly tensors: readonly TensorEntry[];
  readonly weightsHash: string | null;
  /** What the training data means; null where that is not said. */
  readonly trainedOn: DatasetTraits | null;
  /** What the run is, and on what; null for what is no run's. */
  readonly run: {
    readonly optimizer: string;
    readonly batchSize: number;
    readonly shards: number;
    readonly epochs: number;
    readonly seed: number;
    readonly dataset: {
      readonly name: string;
      readonly train: number;
      readonly test: number;
    } | null;
  } | null;
  /** Of a safetensors file that is nobody's here. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type CommandEvent =
  | ClusterEvent
  | EvaluationEvent
  | ExportEvent
  | InspectionEvent
  | CheckEvent
  | DoctorEvent;

export interface Reporter {
  report(event: CommandEvent): void;
}

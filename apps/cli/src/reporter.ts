// What a command tells as it goes on, and the contract of those who pass it to the user.
// Invariant: everything that a command finds out is an event; a reporter decides about its form only.
import type { MetricValues } from '@lockstep/core';
import type { ClusterEvent } from '@lockstep/trainer';

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

export type CommandEvent = ClusterEvent | EvaluationEvent | ExportEvent;

export interface Reporter {
  report(event: CommandEvent): void;
}

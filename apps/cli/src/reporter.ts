// What a command tells as it goes on, and the contract of those who pass it to the user.
// Invariant: everything that a command finds out is an event; a reporter decides about its form only.
import type { DatasetTraits, Graph, MetricValues, NetworkSummary } from '@lockstep/core';
import type {
  ClusterEvent,
  Comparison,
  Contents,
  Ending,
  KnownParting,
  MetadataDifference,
  Parting,
  RecordFault,
  RefusedCheckpoint,
  SettingDifference,
  TensorDifference,
  TensorEntry,
} from '@lockstep/trainer';
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

export interface ReportEvent {
  readonly event: 'report';
  /** ISO 8601. */
  readonly time: string;
  /** The file, from the root. */
  readonly path: string;
  readonly bytes: number;
  /** Names of the runs that are in it. */
  readonly runs: readonly string[];
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

/** A step that was computed again. */
export interface ReplayEvent {
  readonly event: 'replayed';
  /** ISO 8601. */
  readonly time: string;
  /** The run's folder, from the root. */
  readonly run: string;
  readonly step: number;
  /** The step that it began at, and the checkpoint that it began from; null for what the run itself began with. */
  readonly from: number;
  readonly checkpoint: string | null;
  /** Whether all is as it was recorded; null where nothing was recorded of these steps. */
  readonly isSame: boolean | null;
  readonly compared: readonly Comparison[];
  /** Of the step's state: of its parameters, and of the whole. */
  readonly weightsHash: string;
  readonly digest: string;
  /** Checkpoints that could not be used. */
  readonly refused: readonly RefusedCheckpoint[];
  /** How the run ended; null where nothing is on record: it goes on, or was killed. */
  readonly ending: Ending | null;
  /** The file that the step's state was written to, from the root. */
  readonly out: string | null;
}

/** Two runs, beside each other. */
export interface RunsComparedEvent {
  readonly event: 'compared';
  /** ISO 8601. */
  readonly time: string;
  readonly kind: 'runs';
  /** The folders, from the root. */
  readonly left: string;
  readonly right: string;
  /**
   * Whether they have the same settings, and nothing is known that differs or contradicts. Null where nothing is, and
   * something could not be compared, or nothing was.
   */
  readonly isSame: boolean | null;
  readonly settings: readonly SettingDifference[];
  /** By what both recorded: the newest step before the parting that is the same (null if none is), the first that is not. */
  readonly known: {
    readonly same: number | null;
    readonly parting: KnownParting['parting'];
    readonly others: KnownParting['others'];
    readonly reached: KnownParting['reached'];
    /** Of what files of both hold of that step; none where they hold no tensors, or both were computed. */
    readonly differences: readonly TensorDifference[];
  };
  /** What is wrong with each one's records: what is damaged, missing, or contradicts another one. */
  readonly faults: Readonly<Record<'left' | 'right', readonly RecordFault[]>>;
  /** How each ended; null where nothing is on record. */
  readonly endings: Readonly<Record<'left' | 'right', Ending | null>>;
  /** By computing both; null where they were not computed. */
  readonly computed: Parting | null;
  /** Why they were not computed, though that would say more; null where it would not, or they were. */
  readonly notComputed: string | null;
}

/** The tensors of two files, beside each other. */
export interface FilesComparedEvent {
  readonly event: 'compared';
  /** ISO 8601. */
  readonly time: string;
  readonly kind: 'files';
  /** The files, from the root; a run's folder stands for its newest weights. */
  readonly left: string;
  readonly right: string;
  readonly isSame: boolean;
  /** Tensors and numbers that were compared, of all names. */
  readonly tensors: number;
  readonly numbers: number;
  /** Whether the optimizer's vectors of a checkpoint were left out, since the other file has none. */
  readonly isNetworkAlone: boolean;
  readonly differences: readonly TensorDifference[];
  /** Of two models, or of two files of others: what they say besides their tensors. */
  readonly metadata: readonly MetadataDifference[];
}

export type CommandEvent =
  | ClusterEvent
  | EvaluationEvent
  | ExportEvent
  | InspectionEvent
  | CheckEvent
  | DoctorEvent
  | ReplayEvent
  | RunsComparedEvent
  | FilesComparedEvent
  | ReportEvent;

export interface Reporter {
  report(event: CommandEvent): void;
  /** What was told of a run before it goes on; left out where nothing is made of it. */
  recall?(events: readonly ClusterEvent[]): void;
}

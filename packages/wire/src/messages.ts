// The control messages between a coordinator and its workers, and nothing about how they travel. A message is a
// plain object; its codec checks every field against the schema beside the type before anyone sees it.
// Invariant: a message that belongs to a generation says so, and one of another generation changes nothing.
// Digests and hashes are SHA-256 as 64 lower-case hexadecimal digits. Steps and ranks count from 0.

/** A state that a worker holds: what step `step` starts from. */
export interface HeldState {
  readonly step: number;
  readonly digest: string;
}

/** Worker: who I am and what I hold. The first message after the coordinator's `run`, when data and engine are ready. */
export interface JoinMessage {
  readonly type: 'join';
  /** 1 to 64 characters, printable; shown to people, not unique. */
  readonly name: string;
  readonly threads: number;
  /** Where other workers reach this one, as a transport of theirs dials it; null if they cannot. */
  readonly url: string | null;
  readonly held: HeldState | null;
}

/** Worker: answers `pause`. It computes nothing for earlier generations any more. */
export interface PausedMessage {
  readonly type: 'paused';
  readonly generation: number;
  readonly held: HeldState | null;
}

/** Worker: answers `generation`: links are open, the engine has its shards, and it holds the generation's step. */
export interface PreparedMessage {
  readonly type: 'prepared';
  readonly generation: number;
  /** Null of a rank that is behind. */
  readonly held: HeldState | null;
}

/** Worker: was behind, and now holds what the others hold, or will with the next sums. */
export interface CaughtUpMessage {
  readonly type: 'caught-up';
  readonly generation: number;
  readonly step: number;
  readonly digest: string;
}

/** Worker: no link to another member of a mesh could be opened, or one broke. */
export interface LinkLostMessage {
  readonly type: 'link-lost';
  readonly generation: number;
  /** Rank of the other side. */
  readonly rank: number;
  readonly reason: string;
}

/** Worker: where it is. After the first step of a generation, and then a few times a second. */
export interface ProgressMessage {
  readonly type: 'progress';
  readonly generation: number;
  /** The step that its state is what starts from: steps committed. */
  readonly step: number;
  /** Mean milliseconds a step since the last progress: computing, sending and waiting for others. */
  readonly computeMs: number;
  readonly sendMs: number;
  readonly waitMs: number;
  /** Mean loss of the last step's batch. */
  readonly loss: number;
}

/** Worker: came to the step that the generation runs to, and stands still. */
export interface ReachedMessage {
  readonly type: 'reached';
  readonly generation: number;
  readonly step: number;
  /** Of the whole state. */
  readonly digest: string;
  /** Of the parameters as they are exported. */
  readonly weightsHash: string;
  /** Sum of the losses of the epoch's samples so far. */
  readonly epochLoss: number;
  /** Sums of the evaluation chunks it was given, little-endian float32, the same number a chunk; empty if it had none. */
  readonly chunkSums: Uint8Array;
}

/** Worker: a digest on the way, at steps that are multiples of the run's `digestEvery`. */
export interface DigestMessage {
  readonly type: 'digest';
  readonly generation: number;
  readonly step: number;
  readonly digest: string;
}

/** Worker: a step cannot be taken (a loss that is not finite, threads that die again and again). */
export interface FailedMessage {
  readonly type: 'failed';
  readonly generation: number;
  readonly step: number;
  readonly code: string;
  readonly message: string;
}

/** Worker: goes on purpose, with the reason. */
export interface LeaveMessage {
  readonly type: 'leave';
  readonly reason: string;
}

/** Worker: wants a piece of the dataset; the answer is a `dataset` frame with that offset. */
export interface FetchMessage {
  readonly type: 'fetch';
  /** SHA-256 of one of the arrays that `run` lists. */
  readonly sha256: string;
  readonly offset: number;
  /** At most MAX_PIECE_BYTES. */
  readonly length: number;
}

/** Worker: wants a piece of the state that `take-state` announced; the answer is a `state` frame with that offset. */
export interface FetchStateMessage {
  readonly type: 'fetch-state';
  readonly generation: number;
  readonly step: number;
  /** The end of the piece before. */
  readonly offset: number;
  /** At most MAX_PIECE_BYTES. */
  readonly length: number;
}

/**
 * Worker: at an audited step, before it hands over anything of it. Digests are of partial sums: SHA-256 over the
 * float32 bytes of a range's aligned blocks, in order; of no bytes for an empty range.
 */
export interface AuditReportMessage {
  readonly type: 'audit-report';
  readonly generation: number;
  readonly step: number;
  /** Of its own shards, as it will hand them over. */
  readonly own: string;
  /** Of the next rank's shards, which it has computed again. */
  readonly other: string;
}

/** Worker: answers `audit-range`. */
export interface AuditVoteMessage {
  readonly type: 'audit-vote';
  readonly generation: number;
  readonly step: number;
  readonly digest: string;
}

/** An array of a dataset, by its content. */
export interface ArrayDescription {
  readonly sha256: string;
  readonly bytes: number;
  readonly type: 'uint8' | 'int32' | 'float32';
}

/** A dataset of a run: `train` is learnt from, every other is evaluated. */
export interface DatasetDescription {
  /** What the run calls it: a letter, and up to 31 letters, digits, `-` and `_`. */
  readonly as: string;
  readonly name: string;
  readonly samples: number;
  readonly inputShape: readonly number[];
  readonly inputDivisor: number;
  /** Of tokens: how many different ones there are; null where inputs are numbers. */
  readonly vocabulary: number | null;
  readonly targetShape: readonly number[];
  readonly classes: number | null;
  readonly inputs: ArrayDescription;
  readonly targets: ArrayDescription;
}

/** Which steps of a run are audited. */
export interface AuditPlan {
  /** Above 0, at most 1. */
  readonly share: number;
  /** The run's. */
  readonly seed: number;
}

/** Coordinator: the run; the first message after the handshake. */
export interface RunMessage {
  readonly type: 'run';
  /** 32 hexadecimal digits, drawn when the run began. A state of another run is worth nothing. */
  readonly run: string;
  readonly name: string;
  /** The run's configuration as JSON: graph, optimizer, seed, batch size, shards, … */
  readonly config: string;
  /** `train` first; the chunks of the others are numbered through, in this order. */
  readonly datasets: readonly DatasetDescription[];
  /** A worker reports its digest at steps that are multiples of this. */
  readonly digestEvery: number;
  readonly heartbeatTimeoutMs: number;
  /** Null: no step is audited. */
  readonly audit: AuditPlan | null;
}

/** Coordinator: stop after the step under way or before it, and say what you hold. Begins the forming of a generation. */
export interface PauseMessage {
  readonly type: 'pause';
  readonly generation: number;
}

/**
 * Coordinator: wants a piece of the worker's state of this step; the answer is a `state` frame with that offset. With
 * the first one, at offset 0, the worker keeps a copy, so that it may go on while the rest is fetched.
 */
export interface SendStateMessage {
  readonly type: 'send-state';
  readonly generation: number;
  readonly step: number;
  /** The end of the piece before. */
  readonly offset: number;
  /** At most MAX_PIECE_BYTES. */
  readonly length: number;
}

/** Coordinator: a state is there to be fetched: what step `step` starts from. */
export interface TakeStateMessage {
  readonly type: 'take-state';
  readonly generation: number;
  readonly step: number;
  readonly digest: string;
  readonly bytes: number;
}

export type Topology = 'alone' | 'star' | 'mesh';

export interface MemberDescription {
  readonly name: string;
  /** Null in a star. */
  readonly url: string | null;
  /** Its shards, [first, end). Ranks hold contiguous ranges in order; a range may be empty. */
  readonly first: number;
  readonly end: number;
}

/** Coordinator: a new membership. Members are in the order of their ranks. */
export interface GenerationMessage {
  readonly type: 'generation';
  readonly generation: number;
  readonly step: number;
  readonly digest: string;
  readonly rank: number;
  readonly topology: Topology;
  readonly members: readonly MemberDescription[];
  /**
   * Ranks that lack the state, in order: they have no shards, take part in every exchange with nothing of their own,
   * and come after the others with the sums, from the state that they get meanwhile. Never all of them.
   */
  readonly behind: readonly number[];
  /** 32 bytes: what members prove themselves to each other with. */
  readonly key: Uint8Array;
}

/** Coordinator: take steps up to `until`, then evaluate the chunks [firstChunk, endChunk) of the datasets behind `train` and say `reached`. */
export interface AdvanceMessage {
  readonly type: 'advance';
  readonly generation: number;
  readonly until: number;
  readonly firstChunk: number;
  readonly endChunk: number;
}

/** Coordinator: what all ranks computed for the step agrees: hand it over. */
export interface AuditPassedMessage {
  readonly type: 'audit-passed';
  readonly generation: number;
  readonly step: number;
}

/** Coordinator: two ranks disagree about the shards [first, end) of the step: compute them again, and say their digest. */
export interface AuditRangeMessage {
  readonly type: 'audit-range';
  readonly generation: number;
  readonly step: number;
  readonly first: number;
  readonly end: number;
}

/** Coordinator: the run is over. */
export interface FinishMessage {
  readonly type: 'finish';
  readonly step: number;
  readonly weightsHash: string;
}

/** Coordinator: why this worker is not wanted, before the link is closed. */
export interface RefusedMessage {
  readonly type: 'refused';
  readonly code: string;
  readonly message: string;
}

export type WorkerMessage =
  | JoinMessage
  | PausedMessage
  | PreparedMessage
  | CaughtUpMessage
  | LinkLostMessage
  | ProgressMessage
  | ReachedMessage
  | DigestMessage
  | FailedMessage
  | LeaveMessage
  | FetchMessage
  | FetchStateMessage
  | AuditReportMessage
  | AuditVoteMessage;

export type CoordinatorMessage =
  | RunMessage
  | PauseMessage
  | SendStateMessage
  | TakeStateMessage
  | GenerationMessage
  | AdvanceMessage
  | AuditPassedMessage
  | AuditRangeMessage
  | FinishMessage
  | RefusedMessage;

export type ControlMessage = WorkerMessage | CoordinatorMessage;

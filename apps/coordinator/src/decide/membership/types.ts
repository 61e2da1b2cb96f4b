// What membership knows, what can happen to it, and what it may ask for: plain immutable data, no behaviour.
// The coordinator is the one authority. It decides who belongs to a generation, who computes which shards, how
// far a generation runs, and what is durable before anyone is told of it.
// Invariants: `generation` only grows; at most one generation runs; nothing above a stop point exists anywhere
// before that stop point's evaluation is journalled and its checkpoint saved.
import type { ClusterEvent } from '@lockstep/trainer';
import type {
  AuditPlan,
  CoordinatorMessage,
  HeldState,
  ProgressMessage,
  ReachedMessage,
  Topology,
  WorkerMessage,
} from '@lockstep/wire';

/** A connection, numbered by the shell in the order of arrival; never used again. A worker that reconnects has a new one. */
export type MemberId = number;

export interface Config {
  /** Of a batch: a power of two. */
  readonly shards: number;
  /** Samples of a batch: a run can have as many shards, and no more. */
  readonly batchSize: number;
  /** Chunks of test data; 0 without. */
  readonly chunks: number;
  readonly stepsPerEpoch: number;
  /** Of the whole run. */
  readonly steps: number;
  /** In steps. The run's last step is always saved. */
  readonly checkpointEvery: number;
  readonly topology: 'auto' | 'star' | 'mesh';
  /** Null: no step is audited. */
  readonly audit: AuditPlan | null;
  /** How many must have joined before the first step of the run. */
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** How long a restarted coordinator waits for the last generation's members, from the first that is back. */
  readonly resumeGraceMs: number;
}

/** What a stop point at an epoch's end, or at the end of the run, gave. */
export interface Evaluation {
  readonly step: number;
  readonly weightsHash: string;
  /** Sum of the losses of the epoch's samples. */
  readonly epochLoss: number;
  /** Sums over the test data, added up in the order of the chunks, in float64; null without test data. */
  readonly test: { readonly loss: number; readonly correct: number } | null;
}

/** What must survive the coordinator. A record is durable before any later effect of the same list is carried out. */
export type JournalRecord =
  /** Written before anybody hears of the generation. */
  | {
      readonly type: 'generation';
      readonly generation: number;
      readonly members: readonly string[];
    }
  /** Written before the `epoch-end` notice, which can be made again from it. */
  | ({ readonly type: 'evaluated' } & Evaluation)
  | { readonly type: 'checkpoint'; readonly step: number; readonly digest: string };

/** What the journal and the checkpoints hold when a coordinator starts. */
export interface Durable {
  /** The last one journalled; 0 for a new run. */
  readonly generation: number;
  /** Names of its members; empty for a new run. */
  readonly members: readonly string[];
  /** The newest checkpoint; step 0 for a new run. */
  readonly saved: HeldState;
  readonly evaluated: Evaluation | null;
}

/** A worker that has joined. Members stand in the order of joining, which is the order of ranks. */
export interface Member {
  readonly id: MemberId;
  readonly name: string;
  readonly threads: number;
  readonly url: string | null;
  /** As it last said. */
  readonly held: HeldState | null;
  /** It goes, for this reason, as soon as what only it holds is saved. */
  readonly leaving: Parting | null;
  /** Shards a millisecond, measured; null before. */
  readonly speed: number | null;
  /** Its last in the generation that runs, for people. */
  readonly progress: ProgressMessage | null;
}

export interface Parting {
  /** `left`, the code of a failure, or that of a refusal. */
  readonly code: string;
  readonly message: string;
}

/** A rank's part; its number is its place. Ranges are contiguous and cover all shards once. */
export interface Rank {
  readonly id: MemberId;
  readonly first: number;
  readonly end: number;
}

export interface Team {
  readonly topology: Topology;
  readonly ranks: readonly Rank[];
}

/**
 * Members of a generation that lacked its state when it formed. They have no shards and evaluate nothing; while the
 * others go on, they get the state, take the steps since then with the sums, and a new generation deals them in. In a
 * run that is audited the others wait for them: who computes alone, or with one other, could not be judged.
 */
export interface CatchUp {
  readonly behind: readonly MemberId[];
  /** What they get: the state that the generation went on from. */
  readonly held: HeldState;
  /** Whether it was asked for. */
  readonly isBegun: boolean;
  /** The member that it is fetched from; null before that, and if it need not be. */
  readonly from: MemberId | null;
  /** Whether it is in the coordinator's memory, for them to fetch. */
  readonly isOffered: boolean;
  /** Those who have said that they have come after. */
  readonly caughtUp: readonly MemberId[];
}

/** What a rank computed of an audited step, as SHA-256. */
export interface AuditReport {
  readonly id: MemberId;
  /** Of its own shards, and of those of the next rank. */
  readonly own: string;
  readonly other: string;
}

/** The audits of a stretch of steps, one after the other. */
export interface Audits {
  /** The one under way if anybody has reported, or the last; before the first, the step before the stretch. */
  readonly step: number;
  readonly reported: readonly AuditReport[];
  /** A rank and its auditor disagree about its shards: what each has computed, as soon as it has said so. */
  readonly dispute: {
    readonly rank: number;
    readonly votes: readonly { readonly id: MemberId; readonly digest: string }[];
  } | null;
}

/** Where the coordinator stands. The number of the generation is the state's. */
export type Phase =
  /** For workers. */
  | { readonly name: 'waiting' }
  /** Forming: members stop, and say what they hold. */
  | { readonly name: 'pausing'; readonly answered: readonly MemberId[] }
  /** Forming: no member holds the newest state, so it comes from the coordinator's disk. */
  | { readonly name: 'loading'; readonly target: HeldState }
  /** Forming: members open links and take their shards; if none held the state, they take it, too. */
  | {
      readonly name: 'preparing';
      readonly target: HeldState;
      readonly team: Team;
      readonly prepared: readonly MemberId[];
    }
  /** Workers step on their own. */
  | {
      readonly name: 'running';
      readonly team: Team;
      readonly until: number;
      /** Whether `until` is to be evaluated. */
      readonly evaluate: boolean;
      readonly began: number;
      /** When the first was heard to be at `until`: training time ends, evaluation begins. */
      readonly trained: number | null;
      readonly reached: readonly { readonly id: MemberId; readonly message: ReachedMessage }[];
      /** Since when another deal would have been faster. */
      readonly slowSince: number | null;
      /** Null where nothing is audited. */
      readonly audits: Audits | null;
    }
  /** The state comes into memory and onto disk: at a stop point; `team` null: before giving up, or before members go. */
  | {
      readonly name: 'saving';
      readonly target: HeldState;
      readonly team: Team | null;
      readonly from: MemberId | null;
    }
  | { readonly name: 'over'; readonly outcome: Outcome };

export type Outcome =
  | { readonly type: 'finished'; readonly step: number; readonly evaluation: Evaluation }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      /** The newest step that is saved, and the newest that anyone is known to have held. */
      readonly saved: number;
      readonly committed: number;
    };

/** For people only: no decision depends on it. */
export interface Told {
  /** Why `auto` is no mesh; null if it is one. */
  readonly fallback: string | null;
  /** Which links made an end of the mesh, in words; null before. */
  readonly broken: string | null;
  readonly idle: Idle | null;
}

/** Members that could compute, and got no shard. */
export interface Idle {
  readonly ids: readonly MemberId[];
  /** With so many shards all would get one; null if no number does it. */
  readonly needed: number | null;
}

/** Two members of a mesh without a link. */
export interface Unlinked {
  /** The one that dials, and the one that it dials. */
  readonly ids: readonly [MemberId, MemberId];
  /** As one of them said. */
  readonly reason: string;
}

/** A digest that was seen for a step, and who said so. */
export interface Sighting {
  readonly step: number;
  readonly digest: string;
  readonly name: string;
}

export interface State {
  readonly config: Config;
  /** The generation that forms or runs, or was the last to; journalled. */
  readonly generation: number;
  /** Connections that have not joined yet: they fetch data and build their engine. */
  readonly arriving: readonly MemberId[];
  readonly members: readonly Member[];
  readonly phase: Phase;
  readonly saved: HeldState;
  /** What the coordinator has in memory, verified: a state to be passed on, one to be saved. */
  readonly copies: readonly HeldState[];
  /** Of the generation that forms or runs. */
  readonly catchUp: CatchUp | null;
  /** What is on its way to the disk. */
  readonly writing: HeldState | null;
  /** The newest that was journalled and told. */
  readonly evaluated: Evaluation | null;
  /** The newest step that anyone is known to hold. */
  readonly committed: number;
  /** Digests of the steps that were last heard of, each once. */
  readonly sightings: readonly Sighting[];
  /** Whether the run is known to have taken a step: `minWorkers` counts only before. */
  readonly begun: boolean;
  /** A restarted coordinator waits for these; null when it no longer does. */
  readonly returning: { readonly names: readonly string[]; readonly since: number | null } | null;
  /** Pairs that could not reach each other in the last generation. A pair of which one is lost is no such pair. */
  readonly unlinked: readonly Unlinked[];
  /** How often in a row a mesh failed without a step being taken. */
  readonly meshFailures: number;
  /** `auto` does not try a mesh again in this run. */
  readonly meshBroken: boolean;
  /** What was last told to people of how the shards are dealt. */
  readonly told: Told;
  /** The first loss since the last committed step. `step` is where the run goes on from, null until that is known. */
  readonly loss: { readonly noticed: number; readonly step: number | null } | null;
  /** When the last generation began to form. */
  readonly formed: number;
  /** When a piece of a state last came or went. */
  readonly moved: number;
  /** Time spent training in this process, without evaluation and checkpoints. */
  readonly trainingMs: number;
  /** Why the run is being given up; it saves what it can first. */
  readonly ending: { readonly code: string; readonly message: string } | null;
}

/** What happens. Messages that only concern the dataset do not come here. */
export type Event =
  | { readonly type: 'start' }
  /** A link that proved itself. */
  | { readonly type: 'connected'; readonly id: MemberId }
  | { readonly type: 'message'; readonly id: MemberId; readonly message: WorkerMessage }
  /** The link is closed, for whatever reason; nothing of this connection comes after it. */
  | { readonly type: 'lost'; readonly id: MemberId; readonly reason: string }
  /** It broke the protocol: the connection is to be closed. */
  | { readonly type: 'broken'; readonly id: MemberId; readonly message: string }
  /** A piece of a state came in or was asked for: whoever is waited for is at it. */
  | { readonly type: 'state-moved' }
  /** A state is in memory, and its bytes have its digest. */
  | { readonly type: 'state-held'; readonly held: HeldState }
  | { readonly type: 'saved'; readonly held: HeldState; readonly path: string | null }
  /** The disk did not take a state, or did not give one. */
  | { readonly type: 'disk-failed'; readonly message: string }
  /** Somebody wants the run to stop: save and end. */
  | { readonly type: 'stop'; readonly message: string }
  | { readonly type: 'tick' };

type Untimed<E> = E extends unknown ? Omit<E, 'time'> : never;

/** What is told to people and to metrics.jsonl; the shell adds the time, and to an epoch's end what it alone knows. */
export type Notice =
  | Untimed<Exclude<ClusterEvent, { readonly event: ToldByTheShell }>>
  | {
      readonly event: 'epoch-end';
      /** From 1. */
      readonly epoch: number;
      readonly evaluation: Evaluation;
      /** State.trainingMs. */
      readonly trainingMs: number;
    };

type ToldByTheShell = 'listening' | 'run-start' | 'warning' | 'epoch-end' | 'run-end' | 'error';

/** What one rank is told at the beginning of a generation, less the key, which is not membership's to draw. */
export interface DealtMember extends Rank {
  readonly name: string;
  readonly isBehind: boolean;
  /** Null unless the generation is a mesh. */
  readonly url: string | null;
}

/** What is to be done, in this order. */
export type Effect =
  | { readonly type: 'send'; readonly to: MemberId; readonly message: CoordinatorMessage }
  /** Send the run's description, the first message to every connection. */
  | { readonly type: 'send-run'; readonly to: MemberId }
  | {
      readonly type: 'close';
      readonly id: MemberId;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'journal'; readonly record: JournalRecord }
  /** Get a state into memory from a member, answered by `state-held` or `broken`. */
  | {
      readonly type: 'fetch-state';
      readonly from: MemberId;
      readonly generation: number;
      readonly held: HeldState;
    }
  /** Get the last saved state into memory, answered by `state-held` or `disk-failed`. */
  | { readonly type: 'load-state'; readonly held: HeldState }
  /** Let these fetch the state in memory. */
  | {
      readonly type: 'offer-state';
      readonly to: readonly MemberId[];
      readonly generation: number;
      readonly held: HeldState;
    }
  | { readonly type: 'drop-state'; readonly held: HeldState }
  /** Save the state in memory, answered by `saved` or `disk-failed`. */
  | { readonly type: 'save-state'; readonly held: HeldState }
  /** Tell all ranks of a generation, with a key; in a star, be its hub. */
  | {
      readonly type: 'deal';
      readonly generation: number;
      readonly held: HeldState;
      readonly topology: Topology;
      readonly members: readonly DealtMember[];
    }
  /** The generation is over: frames of it are nobody's. */
  | { readonly type: 'hub-off' }
  | { readonly type: 'emit'; readonly notice: Notice }
  /** The last effect of a run, durable things done. */
  | { readonly type: 'over'; readonly outcome: Outcome };

/** What one event led to. */
export interface Transition {
  readonly state: State;
  readonly effects: readonly Effect[];
}

// What goes into a Worker and what comes out: plain values, besides two objects whose methods answer at once
// (the engine's view and a generation's exchange). The shell and the simulator carry the effects out, in order.
// Invariant: of the operations of the engine (those in `Operation`) one is under way at a time. Each ends in its
// own event or in `engine-failed`; a closed engine ends nothing any more.
import type { AllReduce } from '@lockstep/collective';
import type { Assignment } from '@lockstep/trainer';
import type { Range } from '@lockstep/tree';
import type {
  ControlMessage,
  FrameHeader,
  HeldState,
  MemberDescription,
  RunMessage,
  Topology,
  WorkerMessage,
} from '@lockstep/wire';

/** What the worker may ask of an engine at any time but during `advance`, `replay` and `load-state`. */
export interface EngineView {
  readonly shards: number;
  /** Bytes of a flat state. */
  readonly stateBytes: number;
  /** Of the whole run. */
  readonly steps: number;
  /** Chunks of the datasets that are evaluated; 0 where there are none. */
  readonly chunks: number;
  /** Of the state that it holds; undefined before the first. */
  readonly step: number | undefined;
  /** Of the epoch's samples so far. */
  readonly epochLoss: number;
  /** SHA-256 of the flat state. */
  digest(): string;
  weightsHash(): string;
  /** SHA-256 over the blocks of the own shards; from when they are computed until the exchange begins. */
  digestOwn(): string;
  /** A copy of the flat state. */
  saveState(): Uint8Array;
}

/** What decisions see of this generation's all-reduce. */
export type ExchangeView = Pick<AllReduce, 'begin' | 'accept' | 'complete' | 'sum'>;

/** What has happened, for a decision. */
export type WorkerInput =
  /** The link to the coordinator is open and both sides have proven themselves. */
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly code: string; readonly reason: string }
  | { readonly type: 'control'; readonly message: ControlMessage }
  /** `from` is the rank that the link belongs to, or COORDINATOR. What is kept of the payload is copied. */
  | {
      readonly type: 'frame';
      readonly from: number;
      readonly header: FrameHeader;
      readonly payload: readonly Uint8Array[];
    }
  /** Ends `prepare`. */
  | { readonly type: 'engine-ready'; readonly run: string; readonly engine: EngineView }
  /** Ends an operation or `prepare`. After `non-finite` and `thread-lost` the engine holds its last good state. */
  | { readonly type: 'engine-failed'; readonly code: string; readonly message: string }
  | { readonly type: 'links-open'; readonly generation: number }
  | {
      readonly type: 'link-failed';
      readonly generation: number;
      readonly rank: number;
      readonly reason: string;
    }
  | { readonly type: 'assigned'; readonly generation: number; readonly exchange: ExchangeView }
  | { readonly type: 'computed'; readonly generation: number }
  /** So many of the own blocks are there, in order; the operation goes on with the others. */
  | {
      readonly type: 'blocks-computed';
      readonly generation: number;
      readonly step: number;
      readonly blocks: number;
    }
  | {
      readonly type: 'advanced';
      readonly generation: number;
      /** The step that was taken was the one before it. */
      readonly step: number;
      readonly loss: number;
      /** Milliseconds that handing frames to links took since the step before. */
      readonly sendMs: number;
    }
  | { readonly type: 'evaluated'; readonly generation: number; readonly sums: Uint8Array }
  | { readonly type: 'state-loaded' }
  | { readonly type: 'replayed'; readonly generation: number; readonly step: number }
  /** The digest that `digestOwn` gives where these shards are dealt to. */
  | { readonly type: 'recomputed'; readonly generation: number; readonly digest: string }
  /** Somebody wants this worker to go. */
  | { readonly type: 'leave'; readonly reason: string };

/** One at a time; each names what it is for. */
export type Operation =
  | { readonly type: 'assign'; readonly generation: number; readonly assignment: Assignment }
  /** Own shards of the step that the engine holds. */
  | { readonly type: 'compute'; readonly generation: number }
  /** The sum is complete: take the step; then compute the own shards of the next one, if `compute`. */
  | { readonly type: 'advance'; readonly generation: number; readonly compute: boolean }
  | {
      readonly type: 'evaluate';
      readonly generation: number;
      readonly firstChunk: number;
      readonly endChunk: number;
    }
  /** A state whose size and digest were checked. */
  | { readonly type: 'load-state'; readonly step: number; readonly bytes: Uint8Array }
  /** Take the step with this sum. */
  | { readonly type: 'replay'; readonly generation: number; readonly sum: Uint8Array }
  /** Any shards of the step that the engine holds; the own ones and the exchange stay as they are. */
  | { readonly type: 'recompute'; readonly generation: number; readonly range: Range };

/** What a decision wants done. */
export type WorkerEffect =
  | Operation
  /** Data and engine for this run, in place of any other: ends in `engine-ready` or `engine-failed`. */
  | { readonly type: 'prepare'; readonly run: RunMessage }
  | { readonly type: 'send'; readonly message: WorkerMessage }
  /** The payload's memory stays as it is until the other side has answered. */
  | {
      readonly type: 'send-frame';
      readonly to: number;
      readonly header: FrameHeader;
      readonly payload: readonly Uint8Array[];
    }
  | {
      readonly type: 'open-links';
      readonly generation: number;
      readonly rank: number;
      readonly members: readonly MemberDescription[];
      readonly key: Uint8Array;
    }
  /** All links to other workers. */
  | { readonly type: 'close-links' }
  /** Close the link to the coordinator; `disconnected` follows. */
  | { readonly type: 'disconnect'; readonly code: string; readonly message: string }
  /** Dial the coordinator again, after a while. */
  | { readonly type: 'reconnect' }
  | { readonly type: 'emit'; readonly event: WorkerNotice }
  /** The last one. */
  | { readonly type: 'exit'; readonly exit: Exit };

/** Why a worker ends. `finished` and `left` are as it should be; the others are errors. */
export interface Exit {
  readonly code: string;
  readonly message: string;
  /** Of a run that is over. */
  readonly finished?: { readonly step: number; readonly weightsHash: string };
}

/** What a worker tells people. */
export type WorkerNotice =
  | {
      readonly event: 'joined';
      readonly run: string;
      readonly name: string;
      readonly threads: number;
      /** Of the state that it brings; null if none. */
      readonly step: number | null;
    }
  | {
      readonly event: 'generation';
      readonly generation: number;
      readonly rank: number;
      readonly members: readonly string[];
      readonly topology: Topology;
      /** Own shards, [first, end). */
      readonly first: number;
      readonly end: number;
      readonly step: number;
    }
  /** It could compute, and there is no shard for it. */
  | {
      readonly event: 'without-shards';
      readonly generation: number;
      readonly step: number;
      /** With what would give it one. */
      readonly reason: string;
    }
  | {
      readonly event: 'progress';
      readonly generation: number;
      readonly step: number;
      readonly loss: number;
      readonly computeMs: number;
      readonly sendMs: number;
      readonly waitMs: number;
    };

/** What a role in a generation sees of the worker that has it. */
export interface RoleHost {
  readonly now: number;
  readonly engine: EngineView;
  /** Of the engine, which must be free. */
  held(): HeldState | null;
  operate(operation: Operation): void;
  send(message: WorkerMessage): void;
  push(effect: WorkerEffect): void;
  /** The coordinator does not keep to the protocol: the link is closed. */
  refuse(reason: string): void;
}

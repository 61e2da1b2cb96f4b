// What the coordinator is given and what it asks for: the border between decisions and the world. The shell
// and the simulator stand on the other side of it and carry effects out in order.
import type { Backend } from '@lockstep/kernels';
import type {
  CoordinatorMessage,
  FrameHeader,
  HeldState,
  RunMessage,
  WorkerMessage,
} from '@lockstep/wire';
import type { Durable, JournalRecord } from './membership/state/durable.js';
import type { Notice } from './membership/state/effect.js';
import type { Leaving, MemberId } from './membership/state/member.js';
import type { Asked, Outcome } from './membership/state/phase.js';
import type { Config } from './membership/state/state.js';
import type { step } from './membership/step.js';

export interface CoordinatorSetup {
  readonly config: Config;
  readonly durable: Durable;
  /** The first message to every worker. */
  readonly run: RunMessage;
  /** Bytes of a state: no other size is taken. */
  readonly stateBytes: number;
  /** So much of a state is asked for at once; as much as may be, if not given. */
  readonly pieceBytes?: number;
  /** Floats of the vector that is reduced. */
  readonly vectorFloats: number;
  /** Adds up the sums of a star. */
  readonly backend: Backend;
  /** Membership's decisions; others only to see that a wrong one is noticed. */
  readonly decide?: typeof step;
  /** 32 random bytes for a generation. */
  drawKey(): Uint8Array;
}

export type CoordinatorInput =
  /** First of all, once. */
  | { readonly type: 'start' }
  | { readonly type: 'connected'; readonly id: MemberId }
  | { readonly type: 'lost'; readonly id: MemberId; readonly why: Leaving }
  | { readonly type: 'control'; readonly id: MemberId; readonly message: WorkerMessage }
  | {
      readonly type: 'frame';
      readonly id: MemberId;
      readonly header: FrameHeader;
      readonly payload: readonly Uint8Array[];
    }
  /** Answers `load-state`. The bytes are the coordinator's from now on, and must not change. */
  | { readonly type: 'state-loaded'; readonly step: number; readonly bytes: Uint8Array }
  /** Answers `save-state`: it is durable. `path` is null for a run without a folder. */
  | { readonly type: 'saved'; readonly held: HeldState; readonly path: string | null }
  | { readonly type: 'disk-failed'; readonly message: string }
  /** Answers `read-piece`; undefined if it could not be read. */
  | {
      readonly type: 'piece';
      readonly id: MemberId;
      readonly offset: number;
      readonly bytes: Uint8Array | undefined;
    }
  /** A `send-frame` with a piece of a state or dataset has left this process. */
  | { readonly type: 'piece-left'; readonly id: MemberId }
  /** Somebody sends this worker away. */
  | { readonly type: 'dismissed'; readonly id: MemberId; readonly message: string }
  | { readonly type: 'stop'; readonly message: string }
  | { readonly type: 'end'; readonly why: Asked }
  /** Somebody wants the newest step saved; answered by `checkpoint-kept` or `checkpoint-refused`, one for all who asked. */
  | { readonly type: 'checkpoint' }
  /** What was told of an epoch's end has been taken: what follows is carried out only now. */
  | { readonly type: 'taken' }
  /** At least every 100 ms. */
  | { readonly type: 'tick' };

export type CoordinatorEffect =
  | { readonly type: 'send'; readonly to: MemberId; readonly message: CoordinatorMessage }
  /** The payload stays as it is until the receiver has answered. */
  | {
      readonly type: 'send-frame';
      readonly to: MemberId;
      readonly header: FrameHeader;
      readonly payload: readonly Uint8Array[];
    }
  /** From now on no larger frame is needed from it, and no more has to be queued for it. */
  | {
      readonly type: 'limit';
      readonly to: MemberId;
      readonly maxFrameBytes: number;
      readonly maxQueuedBytes: number;
    }
  /** It hears nothing of this connection any more. */
  | {
      readonly type: 'close';
      readonly id: MemberId;
      readonly code: string;
      readonly message: string;
    }
  /** Durable before any later effect is carried out. */
  | { readonly type: 'journal'; readonly record: JournalRecord }
  | { readonly type: 'load-state'; readonly held: HeldState }
  /** The bytes do not change. */
  | { readonly type: 'save-state'; readonly held: HeldState; readonly bytes: Uint8Array }
  | {
      readonly type: 'read-piece';
      readonly to: MemberId;
      readonly sha256: string;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly type: 'checkpoint-kept'; readonly held: HeldState }
  | { readonly type: 'checkpoint-refused'; readonly message: string }
  | { readonly type: 'emit'; readonly notice: Notice }
  | { readonly type: 'over'; readonly outcome: Outcome };

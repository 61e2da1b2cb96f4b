// What can happen to membership.
import type { HeldState, WorkerMessage } from '@lockstep/wire';
import type { Leaving, MemberId } from './member.js';
import type { Asked } from './phase.js';

/** What happens. Messages that only concern the dataset do not come here. */
export type Event =
  | { readonly type: 'start' }
  /** A link that proved itself. */
  | { readonly type: 'connected'; readonly id: MemberId }
  | { readonly type: 'message'; readonly id: MemberId; readonly message: WorkerMessage }
  /** The link is closed, for whatever reason; nothing of this connection comes after it. */
  | { readonly type: 'lost'; readonly id: MemberId; readonly why: Leaving }
  /** It broke the protocol: the connection is to be closed. */
  | { readonly type: 'broken'; readonly id: MemberId; readonly message: string }
  /** Somebody sends a worker away: it goes when what it holds is held by another, and does not come again. */
  | { readonly type: 'dismissed'; readonly id: MemberId; readonly message: string }
  /** A piece of a state came in or was asked for: whoever is waited for is at it. */
  | { readonly type: 'state-moved' }
  /** A state is in memory, and its bytes have its digest. */
  | { readonly type: 'state-held'; readonly held: HeldState }
  | { readonly type: 'saved'; readonly held: HeldState; readonly path: string | null }
  /** The disk did not take a state, or did not give one. */
  | { readonly type: 'disk-failed'; readonly message: string }
  /** Somebody wants the run to stop: save and end. */
  | { readonly type: 'stop'; readonly message: string }
  /** Somebody wants the run to end as a whole one: where it stands, evaluated. */
  | { readonly type: 'end'; readonly why: Asked }
  /** Somebody wants the newest step saved, and the run to go on. */
  | { readonly type: 'checkpoint' }
  /** What was told of an epoch's end has been taken: only now are orders to go on given. */
  | { readonly type: 'taken' }
  | { readonly type: 'tick' };

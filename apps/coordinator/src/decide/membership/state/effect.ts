// What membership may ask for, to be done in order.
import type { ClusterEvent } from '@lockstep/trainer';
import type { CoordinatorMessage, HeldState, Topology } from '@lockstep/wire';
import type { EvaluatedStep, JournalRecord } from './durable.js';
import type { MemberId } from './member.js';
import type { Outcome } from './phase.js';
import type { DealtMember } from './team.js';

type Untimed<E> = E extends unknown ? Omit<E, 'time'> : never;

/** What is told to people and to metrics.jsonl; the shell adds the time, and to an epoch's end what it alone knows. */
export type Notice =
  | Untimed<Exclude<ClusterEvent, { readonly event: ToldByTheShell }>>
  | {
      readonly event: 'epoch-end';
      /** From 1. */
      readonly epoch: number;
      readonly evaluation: EvaluatedStep;
      /** State.trainingMs. */
      readonly trainingMs: number;
    };

type ToldByTheShell =
  | ('listening' | 'run-start' | 'warning' | 'epoch-end')
  | ('run-end' | 'error' | 'interrupted');

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
  /** Answers whoever asked for a checkpoint: the newest step that there was, or a newer one, is saved and journalled. */
  | { readonly type: 'checkpoint-kept'; readonly held: HeldState }
  /** It cannot be had. */
  | { readonly type: 'checkpoint-refused'; readonly message: string }
  /** The last effect of a run, durable things done. */
  | { readonly type: 'over'; readonly outcome: Outcome };

// Where the coordinator stands, and how a run ends.
import type { Stopped } from '@lockstep/core/internal';
import type { HeldState, ReachedMessage } from '@lockstep/wire';
import type { Audits } from './audits.js';
import type { EvaluatedStep } from './durable.js';
import type { MemberId } from './member.js';
import type { Team } from './team.js';

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
      /** When a step was last heard of, before the first of the stretch its beginning: training time counts up to here. */
      readonly heard: number;
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

/** The phase in which workers step. */
export type Running = Extract<Phase, { name: 'running' }>;

/** Why a run ends that would have gone on. */
export type Asked = 'asked' | 'time';

export type Outcome =
  | {
      readonly type: 'finished';
      readonly step: number;
      readonly evaluation: EvaluatedStep;
      readonly stopped: Stopped;
    }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      /** The newest step that is saved, and the newest that anyone is known to have held. */
      readonly saved: number;
      readonly committed: number;
    };

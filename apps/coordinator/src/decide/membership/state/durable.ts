// What must survive the coordinator: what the journal and the checkpoints hold.
import type { DatasetSums, Judgement } from '@lockstep/core/internal';
import type { HeldState } from '@lockstep/wire';

/** What a stop point at an epoch's end, or at the end of the run, gave. */
export interface EvaluatedStep {
  readonly step: number;
  readonly weightsHash: string;
  /** Sum of the losses of the epoch's samples. */
  readonly epochLoss: number;
  /** Of each dataset that is evaluated: added up in the order of the chunks, in float64. */
  readonly sums: DatasetSums;
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
  | ({ readonly type: 'evaluated' } & EvaluatedStep)
  | { readonly type: 'checkpoint'; readonly step: number; readonly digest: string };

/** What the journal and the checkpoints hold when a coordinator starts. */
export interface Durable {
  /** The last one journalled; 0 for a new run. */
  readonly generation: number;
  /** Names of its members; empty for a new run. */
  readonly members: readonly string[];
  /** The newest checkpoint; step 0 for a new run. */
  readonly saved: HeldState;
  readonly evaluated: EvaluatedStep | null;
  /** Of all epochs that are journalled as evaluated, in their order. */
  readonly judgement: Judgement;
  /** The evaluation of the epoch that is the best by it. */
  readonly best: EvaluatedStep | null;
}

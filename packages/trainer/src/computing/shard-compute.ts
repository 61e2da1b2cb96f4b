// What computes an engine's shards: threads, or the calling thread itself. One contract, one test suite for both.
// It knows nothing of other machines; between the halves of a step somebody hands it the batch's whole sum.
import type { Datasets, RunConfig, RunPlan } from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';
import type { Range } from '@lockstep/tree';
import type { Control } from './control.js';
import type { Fault } from './fault.js';
import type { ThreadProfile } from './profile.js';
import type { LostThread } from './recovery.js';
import type { ThreadChange, ThreadChoosing } from './thread-choice.js';
import type { ThreadDeal } from './thread-deals.js';

/** What all computing of a run has in common. */
export interface ComputeSetting {
  readonly config: RunConfig;
  readonly backend: Backend;
  /** Shared, where threads compute. */
  readonly datasets: Datasets;
  /** The epoch's order, filled by the owner before an epoch's first step; undefined without shuffling. */
  readonly order: Uint32Array | undefined;
  /** How it is chosen how many of the threads compute, while the others rest. Default: all compute. */
  readonly choosing?: ThreadChoosing | undefined;
  /** Told when another number of threads computes from now on; not while one is tried. */
  readonly onThreads?: ((change: ThreadChange) => void) | undefined;
  readonly faults?: readonly Fault[] | undefined;
  /** Whether threads time what they do. */
  readonly profiles?: boolean | undefined;
  /** Where they keep account of what their time goes to; undefined: nowhere. */
  readonly lanes?: SharedArrayBuffer | undefined;
}

/** How shards are dealt, the plan for the first deal, and the memory that it is laid out in. */
export interface ComputePlace {
  readonly plan: RunPlan;
  /** To all threads first, then to fewer. */
  readonly deals: readonly ThreadDeal[];
  readonly memory: WebAssembly.Memory;
  readonly control: Control;
}

/** What lies between two exchanges with others: the step ends with their sum, and the next one begins. */
export interface Advance {
  /** Byte address of the batch's whole sum, with which to finish the step first. */
  readonly sumAddress?: number;
  /** Whether to compute the shards of the step then. */
  readonly computes: boolean;
  /** Called when a bucket that is not the last is there. What it returns is waited for by InlineCompute. */
  readonly onBucket?: (bucket: number) => unknown;
}

/** One call at a time. Each gives the threads that died meanwhile; if there are any, it is not done. */
export interface ShardCompute {
  /** @returns as others, but it is done all the same */
  assign(place: ComputePlace): Promise<readonly LostThread[]>;
  /** Takes steps up to `targetStep`, if it has all shards, in one bucket; up to the one at which it is to stop or to pause. */
  train(targetStep: number): Promise<readonly LostThread[]>;
  advance(what: Advance): Promise<readonly LostThread[]>;
  /** Evaluates some of the plan's chunks; leaves their sums in the memory. */
  evaluate(chunks: Range): Promise<readonly LostThread[]>;
  /** @returns what threads timed, if they were asked to */
  close(): Promise<ThreadProfile[]>;
}

/** Makes what computes the shards of an engine. */
export type MakeCompute = (setting: ComputeSetting, place: ComputePlace) => ShardCompute;

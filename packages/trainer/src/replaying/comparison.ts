// A state that was computed again, beside what was recorded of its step.
import { PARAMETERS, type RunState, valuesOf } from '@lockstep/core/internal';
import type { StoredTensor } from '@lockstep/formats';
import { stateTensors } from '../storing/snapshot.js';
import {
  type TensorDifference,
  type Tensors,
  tensorDifferences,
} from '../storing/tensor-differences.js';
import type { StateHashes } from './state-hashes.js';
import type { StepRecord } from './step-records.js';

/** One thing that was recorded of a step, and what the step came to now. */
export interface Comparison {
  readonly step: number;
  /** What the hashes are of: the parameters alone, or the whole state. */
  readonly what: StepRecord['what'];
  /** Where it was recorded, in words that follow “recorded”: `at epoch 2's end`, `in its checkpoint`. */
  readonly place: string;
  readonly isSame: boolean;
  readonly recorded: string;
  readonly computed: string;
  /** Of a checkpoint that differs, all tensors that do, what was recorded to the left; empty where only a hash is known. */
  readonly differences: readonly TensorDifference[];
}

/** The place of what a checkpoint holds. */
export const IN_CHECKPOINT = 'in its checkpoint';

export async function compareRecord(
  { step, what, place, hash: recorded }: StepRecord,
  hashes: StateHashes,
): Promise<Comparison> {
  const computed = await hashes.of(what);
  return {
    ...{ step, what, place, recorded, computed, isSame: recorded === computed },
    differences: [],
  };
}

export async function compareSaved(saved: StateHashes, hashes: StateHashes): Promise<Comparison> {
  const hash = await saved.of('state');
  const record: StepRecord = { step: saved.step, what: 'state', hash, place: IN_CHECKPOINT };
  const compared = await compareRecord(record, hashes);
  if (compared.isSame) return compared;
  return {
    ...compared,
    differences: tensorDifferences(allTensors(saved.state), allTensors(hashes.state)),
  };
}

/** With the running sums, which are tensors of one number then. */
export function allTensors(state: RunState): Tensors {
  const sums = [...state.sums].map(([name, sum]): [string, StoredTensor] => [
    name,
    { dtype: 'F64', shape: [], data: Float64Array.of(sum) },
  ]);
  return new Map([...stateTensors(state), ...sums]);
}

/** Of the network alone: states of runs with different optimizers have nothing else in common. */
export function networkTensors(state: RunState): Tensors {
  return stateTensors({ ...state, tensors: new Map([[PARAMETERS, valuesOf(state)]]) });
}

// A state that was computed again, beside what was recorded of its step.
import { PARAMETERS, type RunState, valuesOf } from '@lockstep/core/internal';
import type { StoredTensor } from '@lockstep/formats';
import type { StateHashes } from '../running/state-hashes.js';
import type { HashedPart, StepRecord } from '../running/step-records.js';
import { stateTensors } from '../storing/snapshot.js';
import {
  type TensorDifference,
  type Tensors,
  tensorDifferences,
} from '../storing/tensor-differences.js';

/** One thing that was recorded of one step, and what the step came to now. */
export interface Comparison {
  readonly step: number;
  /** What the hashes are of: the parameters alone, with buffers, or the whole state. */
  readonly what: HashedPart;
  /** Where it was recorded, in words that follow “recorded”: `at epoch 2's end`, `in its checkpoint`. */
  readonly place: string;
  readonly isSame: boolean;
  /** Null where it cannot be read; `fault` says why. */
  readonly recorded: string | null;
  readonly computed: string;
  readonly fault: string | null;
  /** Of what holds tensors and differs, all that do, what was recorded to the left; empty where only a hash is known. */
  readonly differences: readonly TensorDifference[];
}

/** The place of what a checkpoint holds. */
export const IN_CHECKPOINT = 'in its checkpoint';

export async function compareRecord(
  { step, what, place, hash: recorded }: StepRecord & { readonly what: HashedPart },
  hashes: StateHashes,
): Promise<Comparison> {
  const computed = await hashes.of(what);
  return {
    ...{ step, what, place, recorded, computed, isSame: recorded === computed, fault: null },
    differences: [],
  };
}

/** Of what cannot be read. */
export async function compareUnread(
  what: HashedPart,
  place: string,
  fault: string,
  hashes: StateHashes,
): Promise<Comparison> {
  const computed = await hashes.of(what);
  return {
    ...{ step: hashes.step, what, place, isSame: false, recorded: null, computed, fault },
    differences: [],
  };
}

export async function compareSaved(saved: StateHashes, hashes: StateHashes): Promise<Comparison> {
  const fault = await saved.fault();
  const compared =
    fault === undefined
      ? await compareRecord(
          {
            ...{ step: saved.step, what: 'state', hash: await saved.of('state') },
            ...{ place: IN_CHECKPOINT, file: '' },
          },
          hashes,
        )
      : await compareUnread('state', IN_CHECKPOINT, fault, hashes);
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

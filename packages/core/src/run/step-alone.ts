// What one thread takes steps with when nobody shares its memory: all tiles, nobody to wait for, and a board that only
// it reads.
import type { RunPlan } from './run-plan.js';
import type { StepBarrier, StepBoard, StepShare } from './step.js';

/** For one who takes steps alone. */
export const BARRIER_OF_ONE: StepBarrier = {
  wait(last) {
    last?.();
    return true;
  },
};

class LoneBoard implements StepBoard {
  isNonFinite = false;
  /** Summed over the last step's samples. */
  loss = 0;
  /** Steps that were published. */
  step = 0;

  reportNonFinite(): void {
    this.isNonFinite = true;
  }

  setLastSums(loss: number): void {
    this.loss = loss;
  }

  publish(step: number): void {
    this.step = step;
  }
}

/** All of every step. @param order see StepShare */
export function stepAlone(
  plan: RunPlan,
  order?: Uint32Array,
): StepShare & { readonly board: LoneBoard } {
  return {
    tiles: { first: 0, end: plan.tiles },
    leads: true,
    barrier: BARRIER_OF_ONE,
    board: new LoneBoard(),
    order,
  };
}

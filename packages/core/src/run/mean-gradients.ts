// The mean gradient that the last step took, as it still lies in the memory of whoever took it alone: between two steps nobody
// writes to the partials. Reading it is for people; no bit depends on it.
import { batchOf, type TreeSum } from '@lockstep/tree';
import { meanOver, WEIGHT } from '../graph/sample-weight.js';
import { exportParameter } from '../plan/parameters.js';
import { sumOffset } from '../plan/sum-layout.js';
import { wholeSum } from './held-blocks.js';
import type { Parameters } from './parameter-values.js';
import type { RunPlan } from './run-plan.js';
import { takesMeans, unaddedPartial } from './tiles.js';

/** The flat vector of a sum whose additions were done as the optimizer has them done. A copy. */
export function summedGradient(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  sum: TreeSum,
): Float32Array {
  const vector = (address: number): Float32Array =>
    new Float32Array(memory.buffer, address, plan.layout.length);
  const gradient = vector(sum.root).slice();
  const more = unaddedPartial(plan, sum);
  if (more === 0) return gradient;
  const right = vector(more);
  for (let i = 0; i < gradient.length; i++) gradient[i]! += right[i]!;
  return gradient;
}

/**
 * @param step that the state is at; the gradient is that of the step before it
 * @returns the mean gradient of each parameter over the batch's samples (or what they weigh), by the parameters' names and in
 *   their exported layout, after clipping where gradients are clipped; undefined where the whole batch is not summed here
 */
export function meanGradients(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
): Parameters | undefined {
  const sum = wholeSum(plan);
  if (!sum || step === 0) return undefined;
  const gradient = summedGradient(plan, memory, sum);
  if (!takesMeans(plan)) {
    const { samples } = batchOf(plan.batches, step - 1);
    const count = plan.isWeighted ? meanOver(weightAt(plan, memory, sum.root), samples) : samples;
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= count;
  }
  return new Map(
    plan.layout.slots.map((slot) => [
      slot.name,
      { shape: slot.shape, data: exportParameter(slot, gradient) },
    ]),
  );
}

/** What the batch's samples weigh: among the sums that follow the gradients, which one thread adds up for all. */
function weightAt(plan: RunPlan, memory: WebAssembly.Memory, root: number): number {
  return new Float32Array(memory.buffer, root, plan.training.sums.floats)[
    sumOffset(plan.training.sums, WEIGHT)
  ]!;
}

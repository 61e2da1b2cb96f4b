// What stopped a run: the first name among what a step computed that is not finite. The one place that says so.
import { NonFiniteError } from '../errors.js';
import type { ParameterLayout, ParameterSlot } from '../plan/parameters.js';
import { wholeSum } from './held-blocks.js';
import { summedGradient } from './mean-gradients.js';
import { type RunPlan, stateIndex } from './run-plan.js';

/**
 * Why step `step` was not taken: the first name whose mean gradient, or whose new value in the state that
 * was to follow, is not finite.
 *
 * @param loss of the step's samples
 * @param sum of whose additions the reducing and the update were done
 */
export function nonFiniteError(
  plan: RunPlan,
  memory: WebAssembly.Memory,
  step: number,
  loss: number,
  sum = wholeSum(plan)!,
): NonFiniteError {
  const advice = 'Try a smaller learning rate, or clipNorm. The last good state is kept';
  const next = plan.memory.states[stateIndex(step + 1)];
  let culprit = findNonFinite(plan.layout, summedGradient(plan, memory, sum), 'gradient of');
  for (const { kind, name, layout, byteOffset } of plan.state.tensors) {
    const flat = new Float32Array(memory.buffer, next + byteOffset, layout.length);
    const what = {
      parameters: 'new value of',
      optimizer: `optimizer's ${name.slice(name.indexOf('.') + 1)} of`,
      buffers: 'new value of the buffer',
    };
    culprit ??= findNonFinite(layout, flat, what[kind]);
  }
  const what = Number.isFinite(loss) ? culprit : `loss is ${loss}${culprit ? `, ${culprit}` : ''}`;
  return new NonFiniteError(step, `train: step ${step}: ${what}. ${advice}`);
}

function findNonFinite(
  layout: ParameterLayout,
  flat: Float32Array,
  what: string,
): string | undefined {
  const isBad = ({ offset, size }: ParameterSlot): boolean =>
    !flat.subarray(offset, offset + size).every(Number.isFinite);
  const slot = layout.slots.find(isBad);
  return slot && `the ${what} "${slot.name}" is not finite`;
}

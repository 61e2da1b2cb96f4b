// Where the regions of a plan's programs lie in its memory.
import type { Region } from '../plan/program.js';
import { BUFFERS } from '../plan/state-layout.js';
import { type RunPlan, stateIndex } from './run-plan.js';

/**
 * @param step whose state is read
 * @param thread whose arena it is, by its position in the plan's list of threads
 * @param partial its address
 */
export function basesOf(
  { memory, state }: RunPlan,
  step: number,
  thread: number,
  partial: number,
): Readonly<Record<Region, number>> {
  const from = memory.states[stateIndex(step)];
  const to = memory.states[stateIndex(step + 1)];
  const buffers = state.tensors.find(({ name }) => name === BUFFERS)?.byteOffset ?? 0;
  return {
    state: from,
    buffers: from + buffers,
    'new state': to,
    'new buffers': to + buffers,
    constants: memory.constants,
    partial,
    arena: memory.threads[thread]!.arena,
    scalars: memory.threads[thread]!.scalars,
  };
}

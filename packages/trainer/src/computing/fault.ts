// Deaths on purpose, for tests of recovery: a thread dies at a given step in a given way, once.

import type { StepPoint } from '@lockstep/core/internal';

/** A death of a thread that a test asks for. */
export interface Fault {
  readonly thread: number;
  /** The step that the thread is computing; a thread's faults strike in the order in which they are given. */
  readonly step: number;
  /**
   * In a step; or after `step` steps in an evaluation, with a chunk taken and not evaluated; or as it rests for the first
   * time after so many.
   */
  readonly when: StepPoint | 'evaluate' | 'rest';
  readonly how: 'throw' | 'exit' | 'out-of-memory';
}

export function injectFault(fault: Fault | undefined, step: number, when: Fault['when']): void {
  if (fault?.when !== when || step < fault.step) return;
  if (step > fault.step && when !== 'rest') return;
  if (fault.how === 'throw') throw new Error(`fault injected at step ${step}`);
  if (fault.how === 'exit') process.exit(7);
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, () => ({ step })));
}

// Once a step, one thread computes the model's buffers as they are after it: from those before it and the sums over the
// batch, which lie in the partial that has been added up. They are written to the state that follows the step.
import type { Kernels } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { Program } from '../plan/program.js';
import { BUFFERS } from '../plan/state-layout.js';
import { basesOf } from './bases.js';
import { type RunPlan, stateIndex } from './run-plan.js';

export class BufferUpdates {
  readonly #plan: RunPlan;
  readonly #kernels: Kernels;
  readonly #thread: number;
  readonly #updates: Program | undefined;
  readonly #floats: number;
  /** Of each state. */
  readonly #addresses: readonly number[];
  /** By the partial's address and the state, as the digits of one number. */
  readonly #bound = new Map<number, BoundProgram>();

  /** @param thread in whose arena it computes */
  constructor(plan: RunPlan, kernels: Kernels, thread: number) {
    this.#plan = plan;
    this.#kernels = kernels;
    this.#thread = thread;
    this.#updates = plan.updates;
    const section = plan.state.tensors.find(({ name }) => name === BUFFERS);
    this.#floats = section?.layout.length ?? 0;
    this.#addresses = plan.memory.states.map((state) => state + (section?.byteOffset ?? 0));
  }

  /**
   * @param root the address of the batch's sum
   * @returns whether every new value is finite
   */
  take(step: number, root: number): boolean {
    if (!this.#updates) return true;
    // No random numbers are drawn, so the epoch says nothing.
    this.#program(this.#updates, step, root).compute(0, 0);
    return this.#kernels.allFinite(this.#addresses[stateIndex(step + 1)]!, this.#floats) === 1;
  }

  #program(updates: Program, step: number, root: number): BoundProgram {
    const key = 2 * root + stateIndex(step);
    let bound = this.#bound.get(key);
    if (!bound) {
      const { seed } = this.#plan.config;
      const bases = basesOf(this.#plan, step, this.#thread, root);
      bound = new BoundProgram(updates, this.#kernels, { bases, rows: 1, seed });
      this.#bound.set(key, bound);
    }
    return bound;
  }
}

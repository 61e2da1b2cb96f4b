// One thread's programs, each bound to its addresses when it is first used; a run uses few combinations of rows,
// state and partials.
import type { Kernels } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { Program } from '../plan/program.js';
import { basesOf } from './bases.js';
import { type RunPlan, stateIndex } from './run-plan.js';

export class BoundPrograms {
  readonly #plan: RunPlan;
  readonly #thread: number;
  readonly #kernels: Kernels;
  readonly #program: Program;
  /** How many this thread has; many buckets take more than 64. */
  readonly #partials: number;
  /** By rows, partial, the partial that is added to, and state, as the digits of one number. */
  readonly #bound = new Map<number, BoundProgram>();

  /** @param thread its position in the plan's list of threads */
  constructor(plan: RunPlan, kernels: Kernels, thread: number, program: Program) {
    this.#plan = plan;
    this.#thread = thread;
    this.#kernels = kernels;
    this.#program = program;
    this.#partials = plan.memory.threads[thread]!.partials.length;
  }

  /**
   * @param step whose parameters are read
   * @param partial the number of the one that is written
   * @param into the number of another one that spans are added to instead, where the program can do that
   */
  take(step: number, rows: number, partial: number, into = -1): BoundProgram {
    const state = stateIndex(step);
    const partials = this.#partials;
    const key = ((rows * partials + partial) * (partials + 1) + into + 1) * 2 + state;
    let bound = this.#bound.get(key);
    if (!bound) {
      const place = this.#plan.memory.threads[this.#thread]!;
      bound = new BoundProgram(this.#program, this.#kernels, {
        bases: basesOf(this.#plan, step, this.#thread, place.partials[partial]!),
        rows,
        seed: this.#plan.config.seed,
        accumulator: into < 0 ? undefined : place.partials[into]!,
      });
      this.#bound.set(key, bound);
    }
    return bound;
  }
}

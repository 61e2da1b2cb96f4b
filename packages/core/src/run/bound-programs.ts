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
  /** By rows, and by partial, the partial that is added to, and state, as the digits of one number. */
  readonly #bound = new Map<readonly number[], BoundProgram[]>();

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
   * @param starts the first row of each shard, and how many rows there are: always the same array for the same ones
   * @param partial the number of the one that is written
   * @param into the number of another one that spans are added to instead, where the program can do that
   */
  take(step: number, starts: readonly number[], partial: number, into = -1): BoundProgram {
    let ofRows = this.#bound.get(starts);
    if (!ofRows) {
      ofRows = [];
      this.#bound.set(starts, ofRows);
    }
    const key = (partial * (this.#partials + 1) + into + 1) * 2 + stateIndex(step);
    ofRows[key] ??= this.#bind(step, starts, partial, into);
    return ofRows[key];
  }

  #bind(step: number, starts: readonly number[], partial: number, into: number): BoundProgram {
    const place = this.#plan.memory.threads[this.#thread]!;
    return new BoundProgram(this.#program, this.#kernels, {
      bases: basesOf(this.#plan, step, this.#thread, place.partials[partial]!),
      rows: starts.at(-1)!,
      starts,
      seed: this.#plan.config.seed,
      accumulator: into < 0 ? undefined : place.partials[into]!,
    });
  }
}

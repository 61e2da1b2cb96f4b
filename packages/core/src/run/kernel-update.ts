// The step of a built-in optimizer: one call of its kernel for each stretch of the flat vector.
import { type Kernels, sequenceOf } from '@lockstep/kernels';
import type { OptimizerRule } from '../optimizers/rule.js';
import { StepScalars } from '../optimizers/step-scalars.js';
import type { RunPlan } from './run-plan.js';
import type { Stretch, TileUpdate } from './tile-update.js';

export class KernelUpdate implements TileUpdate {
  readonly #kernels: Kernels;
  readonly #kernel: OptimizerRule['kernel'];
  readonly #scalars: StepScalars;
  /** Of the parameters, and of each of the optimizer's vectors, which follow them. */
  readonly #vectorBytes: number;

  /** @param scalars the address that the step's are written to */
  constructor(
    plan: RunPlan,
    rule: OptimizerRule,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    scalars: number,
  ) {
    this.#kernels = kernels;
    this.#kernel = rule.kernel;
    this.#scalars = new StepScalars(rule, memory, scalars);
    this.#vectorBytes = 4 * plan.layout.length;
  }

  begin(step: number, learningRate: number, count: number): void {
    this.#scalars.write(step, learningRate, count);
  }

  bind({ to, from, gradient, more, length }: Stretch): () => boolean {
    const { address } = this.#scalars;
    const given = [to, from, this.#vectorBytes, gradient, more, length, address];
    const sequence = sequenceOf(this.#kernels, [{ kernel: this.#kernel, arguments: given }]);
    return () => sequence.run();
  }
}

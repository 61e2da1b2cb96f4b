// The scalars of a step where the kernels read them: a block of float32 in the run's memory, one for each thread, laid out
// as the optimizer's kernel says. Writing rounds each to float32, once.
import { scalarNames } from '@lockstep/kernels';
import type { GraphRule, OptimizerRule, Scalars } from './rule.js';

/** Length of a block: of several, each lies on a 16-byte boundary. */
export function scalarFloats(rule: OptimizerRule | GraphRule): number {
  const length = rule.kernel === undefined ? rule.scalarCount : scalarNames[rule.kernel].length;
  return Math.ceil(length / 4) * 4;
}

export class StepScalars {
  /** Byte address of the block. */
  readonly address: number;
  readonly #rule: OptimizerRule;
  /** What is written to it by name goes to its place in the block. */
  readonly #block: Record<string, number>;

  constructor(rule: OptimizerRule, memory: WebAssembly.Memory, address: number) {
    this.address = address;
    this.#rule = rule;
    const names = scalarNames[rule.kernel];
    const floats = new Float32Array(memory.buffer, address, names.length);
    this.#block = {};
    for (const [at, name] of names.entries()) {
      Object.defineProperty(this.#block, name, {
        set(value: number) {
          floats[at] = value;
        },
      });
    }
  }

  /** @param count what the gradients' sums are divided by */
  write(step: number, learningRate: number, count: number): void {
    this.#rule.scalars(step, learningRate, this.#block as Scalars<OptimizerRule['kernel']>);
    this.#block.count = count;
  }
}

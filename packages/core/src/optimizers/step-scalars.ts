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
  readonly #names: readonly string[];
  readonly #block: Float32Array;
  /** Of the last step that was written; kept, since a step allocates nothing. */
  readonly #values: Record<string, number>;

  constructor(rule: OptimizerRule, memory: WebAssembly.Memory, address: number) {
    this.address = address;
    this.#rule = rule;
    this.#names = scalarNames[rule.kernel];
    this.#block = new Float32Array(memory.buffer, address, this.#names.length);
    this.#values = Object.fromEntries(this.#names.map((name) => [name, 0]));
  }

  /** @param count what the gradients' sums are divided by */
  write(step: number, learningRate: number, count: number): void {
    const values = this.#values;
    this.#rule.scalars(step, learningRate, values as Scalars<OptimizerRule['kernel']>);
    values.count = count;
    for (let i = 0; i < this.#names.length; i++) this.#block[i] = values[this.#names[i]!]!;
  }
}

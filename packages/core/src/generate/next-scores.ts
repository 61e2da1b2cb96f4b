// The scores of the next token, by computing the whole window anew: the network as it was trained, with one sample.
// Invariant: what stands behind the last token of a window that is not full is token 0, which no position before it sees.
import type { Backend } from '@lockstep/kernels';
import type { Graph } from '../graph/graph.js';
import { outputAlone } from '../network/to-graph.js';
import { NetworkMemory } from '../run/network-memory.js';
import type { NetworkValues } from '../run/parameter-values.js';
import { evaluation } from '../transform/differentiate.js';
import type { LanguageModel } from './language-model.js';

/** Whoever tells what may come next. */
export interface NextScores {
  /**
   * @param tokens at least one
   * @param first of them that is seen; at most `context` are
   * @returns [vocabulary], valid until the next call
   */
  after(tokens: readonly number[], first: number): Float32Array;
}

export class WindowScores implements NextScores {
  readonly #network: NetworkMemory;
  readonly #tokens: Int32Array;
  readonly #vocabulary: number;

  /** @throws KernelMemoryError if there is no room */
  constructor(
    backend: Backend,
    graph: Graph,
    values: NetworkValues,
    { context, vocabulary }: LanguageModel,
  ) {
    this.#network = new NetworkMemory(backend, evaluation(outputAlone(graph)), values, 1);
    const { memory, bases, program } = this.#network;
    const address = bases.arena + program.inputOffset!;
    this.#tokens = new Int32Array(memory.buffer, address, context);
    this.#vocabulary = vocabulary;
  }

  after(tokens: readonly number[], first: number): Float32Array {
    const bound = this.#network.bound(1);
    const window = tokens.slice(first);
    this.#tokens.fill(0);
    this.#tokens.set(window);
    bound.compute(this.#network.program.variants.length - 1, 0);
    const start = this.#network.output + (window.length - 1) * this.#vocabulary;
    return this.#network.floats.subarray(start, start + this.#vocabulary);
  }
}

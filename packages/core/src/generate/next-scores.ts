// The scores of the next token, by computing the whole window anew: the network as it was trained, with one sample.
// Invariant: what stands behind the last token of a window that is not full is token 0, which no position before it sees: a network
// of which that is not true has been told the answers while it learnt, and is refused.
import type { Backend } from '@lockstep/kernels';
import { ConfigError } from '../errors.js';
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
  /** Whether it is known that a position sees nothing of those behind it. */
  #isCausal: boolean;

  /**
   * @param isCausal whether a position is known to see nothing of those behind it
   * @throws KernelMemoryError if there is no room
   */
  constructor(
    backend: Backend,
    graph: Graph,
    values: NetworkValues,
    { context, vocabulary }: LanguageModel,
    isCausal = false,
  ) {
    this.#network = new NetworkMemory(backend, evaluation(outputAlone(graph)), values, 1);
    const { memory, bases, program } = this.#network;
    const address = bases.arena + program.inputOffset!;
    this.#tokens = new Int32Array(memory.buffer, address, context);
    this.#vocabulary = vocabulary;
    this.#isCausal = isCausal || vocabulary === 1;
  }

  /** @throws ConfigError if the network sees what is behind a position */
  after(tokens: readonly number[], first: number): Float32Array {
    const window = tokens.slice(first);
    if (!this.#isCausal && window.length < this.#tokens.length) this.#requireCausal(window);
    return this.#compute(window, 0);
  }

  #requireCausal(window: readonly number[]): void {
    const scores = this.#compute(window, 1).slice();
    const others = this.#compute(window, 0);
    if (scores.some((score, token) => score !== others[token] && !Number.isNaN(score))) {
      throw new ConfigError(
        'generate: what the network says at a position depends on the tokens behind it, which are not known yet; is attention not causal, or a layer bidirectional?',
      );
    }
    this.#isCausal = true;
  }

  #compute(window: readonly number[], filler: number): Float32Array {
    const bound = this.#network.bound(1);
    this.#tokens.fill(filler);
    this.#tokens.set(window);
    bound.compute(this.#network.program.variants.length - 1, 0);
    const start = this.#network.output + (window.length - 1) * this.#vocabulary;
    return this.#network.floats.subarray(start, start + this.#vocabulary);
  }
}

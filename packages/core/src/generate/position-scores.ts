// The scores of the next token, position by position: what positions before have handed on, such as keys and values, is kept, so
// that a token costs one position and not a window.
// Invariant: the scores are those of the whole window (next-scores.ts) up to the order of additions. What was handed on is of the
// tokens from the window's first one to the last that was told; a window that begins elsewhere begins anew.
import type { Backend } from '@lockstep/kernels';
import { CARRIED } from '../graph/carried.js';
import type { Graph } from '../graph/graph.js';
import { outputAlone } from '../network/to-graph.js';
import { sourceOf } from '../ops/registry.js';
import { NetworkMemory } from '../run/network-memory.js';
import type { NetworkValues } from '../run/parameter-values.js';
import { sampleSize } from '../shape.js';
import { evaluation } from '../transform/differentiate.js';
import { onePosition } from '../transform/one-position.js';
import type { LanguageModel } from './language-model.js';
import type { NextScores } from './next-scores.js';

/** Floats that are handed on: where they are read, and where what they become is. */
interface Handed {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

export class PositionScores implements NextScores {
  readonly #network: NetworkMemory;
  readonly #token: Int32Array;
  /** Left out where the network does not ask. */
  readonly #position: Int32Array | undefined;
  readonly #handed: readonly Handed[];
  readonly #vocabulary: number;
  /** The tokens that what was handed on is of. */
  #first = 0;
  #known: number[] = [];

  private constructor(network: NetworkMemory, { vocabulary }: LanguageModel) {
    const { graph, program } = network;
    this.#network = network;
    this.#vocabulary = vocabulary;
    const addressOf = (node: number): number | undefined => {
      const place = program.places.get(node);
      return place && network.addressOf(place);
    };
    const find = (source: 'samples' | 'position'): Int32Array | undefined => {
      const address = addressOf(graph.nodes.findIndex((one) => sourceOf(one) === source));
      return address === undefined ? undefined : new Int32Array(network.memory.buffer, address, 1);
    };
    this.#token = find('samples')!;
    this.#position = find('position');
    this.#handed = graph.nodes.flatMap((node, at): Handed[] => {
      if (sourceOf(node) !== 'carried') return [];
      const becomes = graph.outputs[CARRIED + String(node.attributes.index)]!;
      const [to, from] = [at, becomes].map((one) => addressOf(one)! / 4) as [number, number];
      return [{ from, to, length: sampleSize(node.shape) }];
    });
  }

  /**
   * @returns undefined if the network can only be computed for all positions at once
   * @throws KernelMemoryError if there is no room
   */
  static of(
    backend: Backend,
    graph: Graph,
    values: NetworkValues,
    model: LanguageModel,
  ): PositionScores | undefined {
    const network = onePosition(evaluation(outputAlone(graph)));
    if (!network) return undefined;
    return new PositionScores(new NetworkMemory(backend, network, values, 1), model);
  }

  after(tokens: readonly number[], first: number): Float32Array {
    const known = this.#known.length;
    const goesOn =
      first === this.#first &&
      tokens.length - first > known &&
      this.#known.every((token, i) => token === tokens[first + i]);
    if (!goesOn) this.#begin(first);
    for (let at = first + this.#known.length; at < tokens.length; at++) this.#take(tokens[at]!);
    const { output, floats } = this.#network;
    return floats.subarray(output, output + this.#vocabulary);
  }

  #begin(first: number): void {
    this.#first = first;
    this.#known = [];
    for (const { to, length } of this.#handed) this.#network.floats.fill(0, to, to + length);
  }

  #take(token: number): void {
    const { floats, program } = this.#network;
    const bound = this.#network.bound(1);
    this.#token[0] = token;
    if (this.#position) this.#position[0] = this.#known.length;
    bound.compute(program.variants.length - 1, 0);
    for (const { from, to, length } of this.#handed) floats.copyWithin(to, from, from + length);
    this.#known.push(token);
  }
}

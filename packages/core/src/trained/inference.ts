// A network that only answers, asked about samples: any number of them goes through a memory that has room for one chunk; what a
// call allocates is its answer. No loss, no gradient, no optimizer, no second state.
// Invariant: the outputs of a sample are the same bits whatever it is asked together with, and those of an evaluation.
// Not here: what people hand in (samples.ts) and what outputs mean.
import type { Backend } from '@lockstep/kernels';
import type { Dataset } from '../dataset.js';
import type { Graph } from '../graph/graph.js';
import { outputAlone } from '../network/to-graph.js';
import { alignUp } from '../plan/arena.js';
import { InputForms } from '../run/gather/input-forms.js';
import { BYTE_VALUES } from '../run/gather/sparse.js';
import { NetworkMemory } from '../run/network-memory.js';
import type { NetworkValues } from '../run/parameter-values.js';
import { product, sampleSize } from '../shape.js';
import { evaluation } from '../transform/differentiate.js';

/** Samples of one chunk at most. */
const CHUNK_ROWS = 128;

export type Inputs = Dataset['inputs'];

/** How samples are handed in. */
export interface InputLayout {
  readonly inputShape: readonly number[];
  readonly inputDivisor: number;
  readonly vocabulary?: number | undefined;
}

export class Inference {
  /** Values of a sample. */
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #divisor: number;
  readonly #network: NetworkMemory;
  readonly #isTokens: boolean;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Of bytes, and of floats; each is made when it is first needed. */
  readonly #forms: [InputForms?, InputForms?] = [];

  /**
   * @param graph of a model, with or without a loss
   * @param values that are the network's
   * @throws KernelMemoryError if there is no room
   */
  constructor(backend: Backend, graph: Graph, values: NetworkValues, inputs: InputLayout) {
    const network = evaluation(outputAlone(graph));
    this.inputSize = product(inputs.inputShape);
    this.outputSize = sampleSize(network.nodes[network.outputs.output!]!.shape);
    this.#divisor = inputs.inputDivisor;
    this.#isTokens = inputs.vocabulary !== undefined;
    const besides = alignUp(CHUNK_ROWS * this.inputSize) + 4 * BYTE_VALUES;
    this.#network = new NetworkMemory(backend, network, values, CHUNK_ROWS, besides);
    this.#bytes = new Uint8Array(this.#network.memory.buffer);
    this.#words = new Int32Array(this.#network.memory.buffer);
  }

  /**
   * @param inputs [n, ...inputShape], whole samples
   * @returns [n, ...outputShape]
   */
  compute(inputs: Inputs): Float32Array {
    const samples = inputs.length / this.inputSize;
    const outputs = new Float32Array(samples * this.outputSize);
    const { floats, output, capacity } = this.#network;
    for (let first = 0; first < samples; first += capacity) {
      const rows = Math.min(capacity, samples - first);
      const values =
        rows === samples
          ? inputs
          : inputs.subarray(first * this.inputSize, (first + rows) * this.inputSize);
      this.#network.bound(rows).compute(this.#put(values, rows), 0);
      const end = output + rows * this.outputSize;
      outputs.set(floats.subarray(output, end), first * this.outputSize);
    }
    return outputs;
  }

  /** @returns which of the program's variants suits these samples */
  #put(inputs: Inputs, rows: number): number {
    const { program, floats } = this.#network;
    if (program.inputOffset === undefined) return program.variants.length - 1;
    const isBytes = inputs instanceof Uint8Array;
    const forms = this.#formsFor(isBytes);
    if (isBytes) this.#bytes.set(inputs, forms.rows);
    else if (inputs instanceof Int32Array) this.#words.set(inputs, forms.rows / 4);
    else floats.set(inputs, forms.rows / 4);
    return forms.put(rows);
  }

  #formsFor(isBytes: boolean): InputForms {
    const index = isBytes ? 0 : 1;
    const { kernels, memory, program, bases, besides: staging } = this.#network;
    this.#forms[index] ??= new InputForms(
      kernels,
      memory,
      program,
      { isBytes, isTokens: this.#isTokens, width: this.inputSize, divisor: this.#divisor },
      { arena: bases.arena, staging, table: staging + alignUp(CHUNK_ROWS * this.inputSize) },
    );
    return this.#forms[index];
  }
}

// A network that only answers: planned once, for its output alone, in a memory that holds its values once and room for one
// chunk of samples. No loss, no gradient, no optimizer, no second state. Any number of samples goes through that memory,
// chunk by chunk; what a call allocates is its answer.
// Invariant: the outputs of a sample are the same bits whatever it is asked together with, and those of an evaluation.
// Not here: what people hand in (samples.ts) and what outputs mean.
import { type Backend, heapBase, type Kernels } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { Graph } from '../graph/graph.js';
import { outputAlone } from '../network/to-graph.js';
import { alignUp } from '../plan/arena.js';
import { constantValues } from '../plan/constants.js';
import {
  importParameter,
  layOutBuffers,
  layOutParameters,
  type ParameterLayout,
} from '../plan/parameters.js';
import { planInference } from '../plan/planner.js';
import type { Program, Region } from '../plan/program.js';
import { InputForms } from '../run/gather/input-forms.js';
import { BYTE_VALUES } from '../run/gather/sparse.js';
import type { NetworkValues, Parameters } from '../run/parameter-values.js';
import { product, sampleSize } from '../shape.js';
import { evaluation } from '../transform/differentiate.js';
import { transposedParameters, withStoredParameters } from '../transform/storage.js';

/** Samples of one chunk. */
const CHUNK_ROWS = 128;

type Inputs = Uint8Array | Float32Array;

/** How samples are handed in. */
export interface InputLayout {
  readonly inputShape: readonly number[];
  readonly inputDivisor: number;
}

interface Places {
  readonly bases: Readonly<Record<Region, number>>;
  readonly staging: number;
  readonly table: number;
  readonly bytes: number;
}

export class Inference {
  /** Values of a sample. */
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #divisor: number;
  readonly #program: Program;
  readonly #places: Places;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #bytes: Uint8Array;
  readonly #floats: Float32Array;
  /** First float of a chunk's outputs. */
  readonly #output: number;
  /** By rows. */
  readonly #bound: BoundProgram[] = [];
  /** Of bytes, and of floats; each is made when it is first needed. */
  readonly #forms: [InputForms?, InputForms?] = [];
  /** What was computed of the parameters alone is there. */
  #isPrepared = false;

  /**
   * @param graph of a model, with or without a loss
   * @param values that are the network's
   * @throws KernelMemoryError if there is no room
   */
  constructor(backend: Backend, graph: Graph, values: NetworkValues, inputs: InputLayout) {
    const network = outputAlone(graph);
    const transposed = transposedParameters(network);
    const layout = layOutParameters(network.parameters, transposed);
    const stored = withStoredParameters(evaluation(network), transposed);
    const program = planInference(stored, layout, CHUNK_ROWS);
    this.inputSize = product(inputs.inputShape);
    this.outputSize = sampleSize(network.nodes[network.outputs.output!]!.shape);
    this.#divisor = inputs.inputDivisor;
    this.#program = program;
    const constants = constantValues(network.constants);
    const buffers = layOutBuffers(network);
    this.#places = place(program, layout, buffers, constants.length, this.inputSize);
    const { bases, bytes } = this.#places;
    this.#memory = backend.createMemory(bytes);
    this.#kernels = backend.kernels(this.#memory);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
    this.#floats.set(constants, bases.constants / 4);
    this.#write(layout, bases.state, values.parameters);
    this.#write(buffers, bases.buffers, values.buffers);
    const { region, byteOffset } = program.output!;
    this.#output = (bases[region] + byteOffset) / 4;
  }

  /**
   * @param inputs [n, ...inputShape], whole samples
   * @returns [n, ...outputShape]
   */
  compute(inputs: Inputs): Float32Array {
    const samples = inputs.length / this.inputSize;
    const outputs = new Float32Array(samples * this.outputSize);
    for (let first = 0; first < samples; first += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, samples - first);
      const values =
        rows === samples
          ? inputs
          : inputs.subarray(first * this.inputSize, (first + rows) * this.inputSize);
      this.#computeChunk(values, rows);
      const end = this.#output + rows * this.outputSize;
      outputs.set(this.#floats.subarray(this.#output, end), first * this.outputSize);
    }
    return outputs;
  }

  #computeChunk(inputs: Inputs, rows: number): void {
    const bound = this.#programFor(rows);
    if (!this.#isPrepared) {
      bound.prepare();
      this.#isPrepared = true;
    }
    bound.compute(this.#put(inputs, rows), 0);
  }

  /** @returns which of the program's variants suits these samples */
  #put(inputs: Inputs, rows: number): number {
    const { inputOffset, variants } = this.#program;
    if (inputOffset === undefined) return variants.length - 1;
    const isBytes = inputs instanceof Uint8Array;
    const forms = this.#formsFor(isBytes);
    if (isBytes) this.#bytes.set(inputs, forms.rows);
    else this.#floats.set(inputs, forms.rows / 4);
    return forms.put(rows);
  }

  #formsFor(isBytes: boolean): InputForms {
    const index = isBytes ? 0 : 1;
    const { bases, staging, table } = this.#places;
    this.#forms[index] ??= new InputForms(
      this.#kernels,
      this.#memory,
      this.#program,
      { isBytes, width: this.inputSize, divisor: this.#divisor },
      { arena: bases.arena, staging, table },
    );
    return this.#forms[index];
  }

  #programFor(rows: number): BoundProgram {
    this.#bound[rows] ??= new BoundProgram(this.#program, this.#kernels, {
      ...{ bases: this.#places.bases, rows, seed: 0 },
    });
    return this.#bound[rows];
  }

  #write({ slots, length }: ParameterLayout, address: number, values: Parameters): void {
    const flat = new Float32Array(this.#memory.buffer, address, length);
    for (const slot of slots) importParameter(slot, flat, values.get(slot.name)!.data);
  }
}

function place(
  program: Program,
  parameters: ParameterLayout,
  buffers: ParameterLayout,
  constantFloats: number,
  inputSize: number,
): Places {
  let end = alignUp(heapBase);
  const take = (bytes: number): number => {
    const address = end;
    end += alignUp(bytes);
    return address;
  };
  const bases = {
    state: take(4 * parameters.length),
    buffers: take(4 * buffers.length),
    constants: take(4 * constantFloats),
    arena: take(program.arenaBytes),
    // Nothing is summed, and nothing updated.
    ...{ partial: 0, 'new buffers': 0, 'new state': 0, scalars: 0 },
  };
  const staging = take(CHUNK_ROWS * inputSize);
  const table = take(4 * BYTE_VALUES);
  return { bases, staging, table, bytes: end };
}

// A network that only answers, planned for its output alone, in a memory of its own: its values once, and room for some rows.
// Invariant: what is computed of the parameters alone is computed once, before the first rows.
// Not here: where rows come from, and in what form.
import { type Backend, heapBase, type Kernels } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { Graph } from '../graph/graph.js';
import { alignUp } from '../plan/arena.js';
import { constantValues } from '../plan/constants.js';
import { planFitting } from '../plan/fitting.js';
import {
  importParameter,
  layOutBuffers,
  layOutParameters,
  type ParameterLayout,
} from '../plan/parameters.js';
import { planInference } from '../plan/planner.js';
import type { Place, Program, Region } from '../plan/program.js';
import { transposedParameters, withStoredParameters } from '../transform/storage.js';
import type { NetworkValues, Parameters } from './parameter-values.js';

export class NetworkMemory {
  /** What is computed: the network with its parameters as they are stored. Places are those of its nodes. */
  readonly graph: Graph;
  readonly program: Program;
  /** The most rows at once; fewer than were wanted where they would take too much memory. */
  readonly capacity: number;
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly floats: Float32Array;
  readonly bases: Readonly<Record<Region, number>>;
  /** Address of the bytes that were asked for besides. */
  readonly besides: number;
  /** By rows. */
  readonly #bound: BoundProgram[] = [];
  #isPrepared = false;

  /**
   * @param network in evaluation, with nothing that does not lead to its output
   * @param values that are the network's
   * @param most rows that are wanted at once, a power of two
   * @param besides bytes that somebody wants for other things
   * @throws KernelMemoryError if there is no room
   */
  constructor(backend: Backend, network: Graph, values: NetworkValues, most: number, besides = 0) {
    const transposed = transposedParameters(network);
    const layout = layOutParameters(network.parameters, transposed);
    const buffers = layOutBuffers(network);
    const constants = constantValues(network.constants);
    this.graph = withStoredParameters(network, transposed);
    const fitting = planFitting(most, (rows) => planInference(this.graph, layout, rows));
    this.program = fitting.program;
    this.capacity = fitting.rows;
    let end = alignUp(heapBase);
    const take = (bytes: number): number => {
      const address = end;
      end += alignUp(bytes);
      return address;
    };
    this.bases = {
      state: take(4 * layout.length),
      buffers: take(4 * buffers.length),
      constants: take(4 * constants.length),
      arena: take(this.program.arenaBytes),
      // Nothing is summed, and nothing updated.
      ...{ partial: 0, 'new buffers': 0, 'new state': 0, scalars: 0 },
    };
    this.besides = take(besides);
    this.memory = backend.createMemory(end);
    this.kernels = backend.kernels(this.memory);
    this.floats = new Float32Array(this.memory.buffer);
    this.floats.set(constants, this.bases.constants / 4);
    this.#write(layout, this.bases.state, values.parameters);
    this.#write(buffers, this.bases.buffers, values.buffers);
  }

  addressOf({ region, byteOffset }: Place): number {
    return this.bases[region] + byteOffset;
  }

  /** The first float of the output of the rows that were computed. */
  get output(): number {
    return this.addressOf(this.program.output!) / 4;
  }

  /** To be called before rows are put into the arena. @returns what computes so many rows that lie there */
  bound(rows: number): BoundProgram {
    const { program, kernels, bases } = this;
    this.#bound[rows] ??= new BoundProgram(program, kernels, { bases, rows, seed: 0 });
    const bound = this.#bound[rows];
    if (!this.#isPrepared) bound.prepare();
    this.#isPrepared = true;
    return bound;
  }

  #write({ slots, length }: ParameterLayout, address: number, values: Parameters): void {
    const flat = new Float32Array(this.memory.buffer, address, length);
    for (const slot of slots) importParameter(slot, flat, values.get(slot.name)!.data);
  }
}

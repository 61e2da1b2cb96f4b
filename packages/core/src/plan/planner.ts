// From a graph to a program: which calls, in which order, over which places. What depends on parameters only is
// computed once a step; gradients go straight into the partial; everything else shares the arena, each tensor
// from its first write to its last read.

import type { Graph, GraphNode } from '../graph/graph.js';
import type {
  CompressedSamples,
  ComputeOperator,
  KernelArgument,
  KernelCall,
  Operand,
  Source,
} from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { collapseLoops, concreteShape, isBatched, product } from '../shape.js';
import { gradientOutput, sumOutput } from '../transform/differentiate.js';
import { Arena, alignUp } from './arena.js';
import type { ParameterLayout } from './parameters.js';
import type { CompressedProgram, Place, Program } from './program.js';
import { layOutSums, SAMPLES, type SumLayout, sumOffset } from './sum-layout.js';

/** Where the lists lie; the rest of a CompressedProgram. */
type CompressedPlaces = Omit<CompressedProgram, 'compute' | 'accumulated'>;

/** From so many columns on, neighbouring rows of a matrix are too far apart to be read panel by panel. */
const MIN_PACKED_COLUMNS = 256;

/** Above this share of non-zeros the dense kernels are faster. */
const MAX_DENSITY = 0.5;

/**
 * Plans a graph of stored parameters (see transform/storage.ts).
 *
 * @param capacity the most rows that one run of the program computes
 */
export function planProgram(graph: Graph, layout: ParameterLayout, capacity: number): Program {
  return new Planner(graph, layout, capacity).plan();
}

class Planner {
  readonly #graph: Graph;
  readonly #layout: ParameterLayout;
  readonly #sums: SumLayout;
  readonly #capacity: number;
  readonly #arena = new Arena();
  readonly #places = new Map<number, Place>();
  readonly #prepare: KernelCall[] = [];
  readonly #compute: KernelCall[] = [];
  /** The f32 samples, if all that reads them can read their non-zeros instead. */
  readonly #samples: number | undefined;
  #extraNodes = 0;
  /** For each matrix that is read packed, the node that holds it so. */
  readonly #packed = new Map<number, number>();
  /** The node whose memory a node is: itself, or what it reshapes. */
  readonly #storage: number[] = [];
  /** Whether a node must be computed for each shard, because it depends on samples. */
  readonly #perShard: boolean[] = [];

  constructor(graph: Graph, layout: ParameterLayout, capacity: number) {
    this.#graph = graph;
    this.#layout = layout;
    this.#sums = layOutSums(graph, layout);
    this.#capacity = capacity;
    const samples = graph.nodes.findIndex((node) => sourceOf(node) === 'samples');
    this.#samples = samples < 0 ? undefined : samples;
    for (const [index, node] of graph.nodes.entries()) {
      const isView = operatorNamed(node.op).kind === 'view';
      this.#storage.push(isView ? this.#storage[node.inputs[0]!]! : index);
      this.#perShard.push(
        isBatched(node.shape) || node.inputs.some((input) => this.#perShard[input]),
      );
    }
  }

  plan(): Program {
    const needed = this.#reachable();
    const sampleIdsOffset = this.#arena.take(this.#capacity * 4);
    const copies = this.#placeOutputs();
    this.#placeSources(needed);
    this.#placeHoisted(needed);
    const samples = this.#placeLists(needed);
    const packing = this.#placePacked(needed);
    const compressed: KernelCall[] = [];
    const lastUse = this.#lastUses(needed);
    for (const [index, node] of this.#graph.nodes.entries()) {
      if (!needed[index] || this.#storage[index] !== index) continue;
      const lower = computing(node)?.lower;
      if (!lower) continue;
      if (!this.#places.has(index)) {
        this.#places.set(index, {
          region: 'arena',
          byteOffset: this.#arena.take(this.#bytes(index)),
        });
      }
      const packed = this.#packed.get(this.#packable(index) ?? -1);
      const request = {
        node,
        inputs: node.inputs.map((input) => ({ ...this.#operand(input), node: input })),
        output: { node: index },
        ...(packed !== undefined && { packed }),
      };
      const calls = lower(request);
      if (!this.#perShard[index]) {
        this.#prepare.push(...calls);
        continue;
      }
      this.#compute.push(...calls);
      if (samples && this.#readsSamples(node)) {
        compressed.push(...lower({ ...request, compressed: samples.lists }));
      } else {
        compressed.push(...calls);
      }
      this.#release(index, lastUse);
    }
    this.#prepare.push(...packing);
    const samplesSum = this.#extraNode({
      region: 'partial',
      byteOffset: 4 * sumOffset(this.#sums, SAMPLES),
    });
    const last: KernelCall[] = [
      ...copies,
      { kernel: 'fill', arguments: [{ node: samplesSum }, 1, { perRow: 1, constant: 0 }] },
    ];
    this.#compute.push(...last);
    compressed.push(...last);
    for (const index of this.#graph.nodes.keys()) {
      const place = this.#places.get(this.#storage[index]!);
      if (place) this.#places.set(index, place);
    }
    return {
      places: this.#places,
      prepare: this.#prepare,
      compute: this.#compute,
      compressed: samples && { ...samples.program, ...this.#separateAccumulation(compressed) },
      capacity: this.#capacity,
      arenaBytes: alignUp(this.#arena.bytes),
      inputOffset: this.#sourceOffset('samples'),
      targetOffset: this.#sourceOffset('targets'),
      sampleIdsOffset,
      sums: this.#sums,
      output: this.#places.get(this.#graph.outputs.output ?? -1),
    };
  }

  #operand(index: number): Operand {
    return this.#graph.nodes[index]!;
  }

  #bytes(index: number): number {
    return 4 * product(concreteShape(this.#graph.nodes[index]!.shape, this.#capacity));
  }

  #reachable(): boolean[] {
    const needed = this.#graph.nodes.map(() => false);
    for (const output of Object.values(this.#graph.outputs)) needed[output] = true;
    for (let index = needed.length - 1; index >= 0; index--) {
      if (needed[index]) for (const input of this.#graph.nodes[index]!.inputs) needed[input] = true;
    }
    return needed;
  }

  /** A place that no node of the graph owns, under a number of its own. */
  #extraNode(place: Place): number {
    const node = this.#graph.nodes.length + this.#extraNodes++;
    this.#places.set(node, place);
    return node;
  }

  /** Whether a node reads the batch of samples, as itself or reshaped. */
  #readsSamples({ inputs }: GraphNode): boolean {
    return inputs.some((input) => this.#storage[input] === this.#samples);
  }

  /**
   * Gradients and sums are written straight into the partial. Where one node serves several outputs, or is
   * not computed by a call of its own, the others get a copy.
   */
  #placeOutputs(): KernelCall[] {
    const copies: KernelCall[] = [];
    const write = (node: number | undefined, byteOffset: number): void => {
      if (node === undefined) return;
      const storage = this.#storage[node]!;
      const computed = computing(this.#graph.nodes[storage]!);
      if (computed && this.#perShard[storage] && !this.#places.has(storage)) {
        this.#places.set(storage, { region: 'partial', byteOffset });
        return;
      }
      const copy = this.#extraNode({ region: 'partial', byteOffset });
      const { lengths, strides } = collapseLoops([this.#bytes(node) / 4], [[1]]);
      copies.push({
        kernel: 'copyStrided',
        arguments: [{ node: copy }, { node }, ...lengths, ...strides.flat()],
      });
    };
    for (const [index, slot] of this.#layout.slots.entries()) {
      write(this.#graph.outputs[gradientOutput(index)], 4 * slot.offset);
    }
    for (const { name, offset } of this.#sums.sections) {
      write(this.#graph.outputs[sumOutput(name)], 4 * offset);
    }
    return copies;
  }

  #placeSources(needed: readonly boolean[]): void {
    for (const [index, node] of this.#graph.nodes.entries()) {
      if (!needed[index]) continue;
      const source = sourceOf(node);
      if (source === 'parameter') {
        const slot = this.#layout.slots[node.attributes.index as number]!;
        this.#places.set(index, { region: 'state', byteOffset: 4 * slot.offset });
      } else if (source) {
        this.#places.set(index, {
          region: 'arena',
          byteOffset: this.#arena.take(this.#bytes(index)),
        });
      }
    }
  }

  /** What is computed once a step has a place of its own, which no shard's tensors may reuse. */
  #placeHoisted(needed: readonly boolean[]): void {
    for (const [index, node] of this.#graph.nodes.entries()) {
      if (!needed[index] || this.#perShard[index] || this.#places.has(index)) continue;
      if (this.#storage[index] !== index || !computing(node)) continue;
      this.#places.set(index, {
        region: 'arena',
        byteOffset: this.#arena.take(this.#bytes(index)),
      });
    }
  }

  /** The matrix that node `index` had better read packed: a wide one that depends on parameters only. */
  #packable(index: number): number | undefined {
    const node = this.#graph.nodes[index]!;
    const matrix = node.inputs[1];
    if (!computing(node)?.readsPacked || matrix === undefined) return undefined;
    const { shape } = this.#operand(matrix);
    const isWide = shape.length === 2 && (shape[1] as number) >= MIN_PACKED_COLUMNS;
    const suits = isWide && this.#perShard[index] && !this.#perShard[matrix];
    return suits && !this.#readsSamples(node) ? matrix : undefined;
  }

  /** Room for packed matrices, and the calls that pack them once a step. */
  #placePacked(needed: readonly boolean[]): KernelCall[] {
    const calls: KernelCall[] = [];
    for (const index of this.#graph.nodes.keys()) {
      const matrix = needed[index] ? this.#packable(index) : undefined;
      if (matrix === undefined || this.#packed.has(matrix)) continue;
      const [k, p] = this.#operand(matrix).shape as [number, number];
      const byteOffset = this.#arena.take(this.#bytes(matrix));
      const packed = this.#extraNode({ region: 'arena', byteOffset });
      this.#packed.set(matrix, packed);
      calls.push({
        kernel: 'packPanels',
        arguments: [{ node: packed }, { node: matrix }, k, p],
      });
    }
    return calls;
  }

  /**
   * Room for the lists of the samples' non-zeros, if everything that reads the samples can read those: a
   * product with one row a sample.
   */
  #placeLists(
    needed: readonly boolean[],
  ): { lists: CompressedSamples; program: CompressedPlaces } | undefined {
    const readers = this.#graph.nodes.filter(
      (node, index) => needed[index] && this.#storage[index] === index && this.#readsSamples(node),
    );
    const shapes = readers.map(({ inputs }) => this.#operand(inputs[0]!).shape);
    const suits = readers.every(
      (node, i) =>
        computing(node)?.readsCompressed &&
        this.#storage[node.inputs[0]!] === this.#samples &&
        this.#storage[node.inputs[1]!] !== this.#samples &&
        shapes[i]!.length === 2,
    );
    if (!suits || readers.length === 0) return undefined;
    const width = shapes[0]![1] as number;
    const limit = Math.ceil(MAX_DENSITY * this.#capacity * width) + width;
    const take = (bytes: number): Place => ({
      region: 'arena',
      byteOffset: this.#arena.take(bytes),
    });
    const rowStarts = take(4 * (this.#capacity + 1));
    const columnStarts = take(4 * (width + 1));
    const rowEntries = take(8 * limit);
    const columnEntries = take(8 * limit);
    return {
      lists: {
        rowStarts: this.#extraNode(rowStarts),
        rowEntries: this.#extraNode(rowEntries),
        columnStarts: this.#extraNode(columnStarts),
        columnEntries: this.#extraNode(columnEntries),
      },
      program: {
        width,
        limit,
        rowStartsOffset: rowStarts.byteOffset,
        rowEntriesOffset: rowEntries.byteOffset,
        columnStartsOffset: columnStarts.byteOffset,
        columnEntriesOffset: columnEntries.byteOffset,
      },
    };
  }

  /**
   * A gradient that goes straight into the partial, and that no other call reads, can be added to another
   * partial there and then; all others are written as usual.
   */
  #separateAccumulation(
    calls: readonly KernelCall[],
  ): Pick<CompressedProgram, 'compute' | 'accumulated'> {
    const read = new Set(
      calls
        .flatMap((call) => call.arguments.slice(1))
        .map((argument) => (isNode(argument) ? this.#storage[argument.node] : undefined)),
    );
    const accumulated: { first: number; end: number }[] = [];
    const compute = calls.map((call) => {
      const target = call.arguments.find(isAccumulator)?.accumulator;
      if (target === undefined) return call;
      const place = this.#places.get(target)!;
      if (place.region === 'partial' && !read.has(target)) {
        const first = place.byteOffset / 4;
        accumulated.push({ first, end: first + this.#bytes(target) / 4 });
        return call;
      }
      return { ...call, arguments: call.arguments.map(withoutAccumulation) };
    });
    accumulated.sort((a, b) => a.first - b.first);
    return { compute, accumulated };
  }

  #sourceOffset(source: Source): number | undefined {
    const index = this.#graph.nodes.findIndex((node) => sourceOf(node) === source);
    return this.#places.get(index)?.byteOffset;
  }

  /** For each node that owns memory, the last node that reads it; never, for what is read at the end. */
  #lastUses(needed: readonly boolean[]): number[] {
    const last = this.#graph.nodes.map((_, index) => index);
    for (const [index, node] of this.#graph.nodes.entries()) {
      if (!needed[index]) continue;
      for (const input of node.inputs) last[this.#storage[input]!] = index;
    }
    for (const output of Object.values(this.#graph.outputs))
      last[this.#storage[output]!] = Infinity;
    return last;
  }

  /** Gives back the places that node `index` was the last to read. Sources and hoisted nodes stay. */
  #release(index: number, lastUse: readonly number[]): void {
    const { inputs } = this.#graph.nodes[index]!;
    for (const storage of new Set([...inputs.map((input) => this.#storage[input]!), index])) {
      const node = this.#graph.nodes[storage]!;
      const place = this.#places.get(storage);
      if (place?.region !== 'arena' || node.inputs.length === 0 || !this.#perShard[storage])
        continue;
      if (lastUse[storage] === index) this.#arena.give(place.byteOffset, this.#bytes(storage));
    }
  }
}

function computing({ op }: GraphNode): ComputeOperator | undefined {
  const operator = operatorNamed(op);
  return operator.kind === 'compute' ? operator : undefined;
}

function isNode(argument: KernelArgument): argument is { node: number } {
  return typeof argument === 'object' && 'node' in argument;
}

function isAccumulator(argument: KernelArgument): argument is { accumulator: number } {
  return typeof argument === 'object' && 'accumulator' in argument;
}

function withoutAccumulation(argument: KernelArgument): KernelArgument {
  return isAccumulator(argument) ? { node: argument.accumulator } : argument;
}

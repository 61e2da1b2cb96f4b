// What passes work on, between a graph and its program: operations over tensors that have no places yet. Tensors are
// numbered: the nodes of the graph first, then what passes add. A pass takes a draft and gives another one; whatever
// it may rely on, and must leave, is said here. The last one, which lays the arena out, makes the program of it.
import type { Graph, GraphNode } from '../graph/graph.js';
import type {
  ComputeOperator,
  KernelCall,
  LoweringRequest,
  NonZeroLists,
  Source,
} from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { collapseLoops, concreteShape, product } from '../shape.js';
import { neededNodes } from '../transform/builder.js';
import { gradientOutput, sumOutput } from '../transform/differentiate.js';
import { layOutConstants } from './constants.js';
import type { ParameterLayout } from './parameters.js';
import type { Place } from './program.js';
import { layOutSums, SAMPLES, type SumLayout, sumOffset } from './sum-layout.js';

export interface Tensor {
  readonly bytes: number;
  /** The tensor whose memory it is: itself, or what it is another shape of. */
  readonly memory: number;
}

/** Kernel calls that write one tensor. Every tensor is written by at most one operation. */
export interface Operation {
  readonly writes: number;
  readonly reads: readonly number[];
  readonly calls: readonly KernelCall[];
  /** The node that it computes and nothing else; left out for all that is no node's. */
  readonly node?: GraphNode;
  /** The tensor that it only copies. */
  readonly copies?: number;
}

/** When a variant may run: with any samples, or with those that were listed by their non-zeros. */
export type DraftCondition =
  | { readonly kind: 'any samples' }
  | {
      readonly kind: 'sparse samples';
      readonly lists: NonZeroLists;
      /** Values of a sample. */
      readonly width: number;
      /** Entries that there is room for. */
      readonly limit: number;
    };

/** A way to compute the same tensors, with the same bits. */
export interface DraftVariant {
  readonly condition: DraftCondition;
  /** The operations that differ, by the tensor that they write. */
  readonly instead: ReadonlyMap<number, Operation>;
  /** Tensors in the partial that its calls can add to another partial, instead of writing them. */
  readonly added: readonly number[];
}

export interface Draft {
  readonly graph: Graph;
  /** The most rows that one run of the program computes. */
  readonly capacity: number;
  /** Where results go in the partial. */
  readonly sums: SumLayout;
  readonly tensors: readonly Tensor[];
  /** Once a step, in order. */
  readonly prepare: readonly Operation[];
  /** Once a shard, in order. */
  readonly compute: readonly Operation[];
  /** In order of preference; the last one has no `instead` and runs with any samples. */
  readonly variants: readonly DraftVariant[];
  /** Tensors that have a place in the arena to themselves, in the order in which they get it. */
  readonly kept: readonly number[];
  /** Places outside of the arena. */
  readonly places: ReadonlyMap<number, Place>;
  /** The samples' numbers, [capacity]: what operators ask for as `sampleIds`. */
  readonly sampleIds: number;
}

/** A rewriting of drafts that changes no bit of any result, and without which they can be run as well. */
export type Pass = (draft: Draft) => Draft;

/** The draft that nothing was done to: every node that leads to an output, computed for each shard. */
export function draftOf(graph: Graph, parameters: ParameterLayout, capacity: number): Draft {
  const tensors: Tensor[] = [];
  const places = new Map<number, Place>();
  const compute: Operation[] = [];
  const batch: number[] = [];
  const constants = layOutConstants(graph.constants);
  const needed = neededNodes(graph.nodes, Object.values(graph.outputs));
  for (const [index, node] of graph.nodes.entries()) {
    const operator = operatorNamed(node.op);
    const memory = operator.kind === 'view' ? tensors[node.inputs[0]!]!.memory : index;
    tensors.push({ bytes: 4 * product(concreteShape(node.shape, capacity)), memory });
    if (!needed[index]) continue;
    if (operator.kind === 'compute') {
      const calls = lowerNode(graph, index);
      compute.push({ writes: index, reads: node.inputs, calls, node });
    } else if (operator.source === 'parameter') {
      const { offset } = parameters.slots[node.attributes.index as number]!;
      places.set(index, { region: 'state', byteOffset: 4 * offset });
    } else if (operator.source === 'constant') {
      const offset = constants.offsets[node.attributes.index as number]!;
      places.set(index, { region: 'constants', byteOffset: 4 * offset });
    } else if (operator.kind === 'source') {
      batch.push(index);
    }
  }
  const list = new TensorList(tensors);
  const sampleIds = list.add(4 * capacity);
  const sums = layOutSums(graph, parameters);
  const results = placeResults(graph, parameters, sums, list, places);
  return {
    graph,
    capacity,
    sums,
    tensors: list.tensors,
    prepare: [],
    compute: [...compute, ...results],
    variants: [{ condition: { kind: 'any samples' }, instead: new Map(), added: [] }],
    kept: [sampleIds, ...batch],
    places,
    sampleIds,
  };
}

/** The operations that copy every result to its place in the partial, and count the samples there. */
function placeResults(
  { outputs }: Graph,
  parameters: ParameterLayout,
  sums: SumLayout,
  list: TensorList,
  places: Map<number, Place>,
): Operation[] {
  const operations: Operation[] = [];
  const place = (offset: number, bytes: number): number => {
    const writes = list.add(bytes);
    places.set(writes, { region: 'partial', byteOffset: 4 * offset });
    return writes;
  };
  const copyTo = (offset: number, output: string): void => {
    const node = outputs[output];
    if (node === undefined) return;
    const { bytes } = list.tensors[node]!;
    const writes = place(offset, bytes);
    operations.push({ writes, reads: [node], calls: [copy(writes, node, bytes)], copies: node });
  };
  for (const [index, { offset }] of parameters.slots.entries()) {
    copyTo(offset, gradientOutput(index));
  }
  for (const { name, offset } of sums.sections) copyTo(offset, sumOutput(name));
  const samples = place(sumOffset(sums, SAMPLES), 4);
  operations.push({ writes: samples, reads: [], calls: [countSamples(samples)] });
  return operations;
}

function copy(to: number, from: number, bytes: number): KernelCall {
  const { lengths, strides } = collapseLoops([bytes / 4], [[1]]);
  return {
    kernel: 'copyStrided',
    arguments: [{ node: to }, { node: from }, ...lengths, ...strides.flat()],
  };
}

function countSamples(to: number): KernelCall {
  return { kernel: 'fill', arguments: [{ node: to }, 1, { perRow: 1, constant: 0 }] };
}

/** A node's kernel calls; `reading` says how it finds its inputs, where that is not as they are. */
export function lowerNode(
  { nodes }: Graph,
  index: number,
  reading: Pick<LoweringRequest, 'packed' | 'nonZeros'> = {},
): KernelCall[] {
  const node = nodes[index]!;
  return (operatorNamed(node.op) as ComputeOperator).lower({
    node,
    inputs: node.inputs.map((input) => ({ ...nodes[input]!, node: input })),
    output: { node: index },
    ...reading,
  });
}

/** What the operator of an operation says of itself; undefined for operations that passes made. */
export function operatorOf({ node }: Operation): ComputeOperator | undefined {
  return node && (operatorNamed(node.op) as ComputeOperator);
}

/** The graph's node of the batch's samples or targets. */
export function batchNode({ nodes }: Graph, source: Source): number | undefined {
  const index = nodes.findIndex((node) => sourceOf(node) === source);
  return index < 0 ? undefined : index;
}

/** Whether an operation reads a tensor, as itself or under another shape. */
export function readsMemory(draft: Draft, { reads }: Operation, memory: number): boolean {
  return reads.some((read) => draft.tensors[read]!.memory === memory);
}

/** Adds tensors behind those that there are. */
export class TensorList {
  readonly tensors: Tensor[];

  constructor(tensors: readonly Tensor[]) {
    this.tensors = [...tensors];
  }

  /** @returns the new tensor's number */
  add(bytes: number): number {
    const memory = this.tensors.length;
    this.tensors.push({ bytes, memory });
    return memory;
  }
}

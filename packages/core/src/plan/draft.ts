// What passes work on, between a graph and its program: operations over tensors that have no places yet. Tensors are
// numbered: the nodes of the graph first, then what passes add. A pass takes a draft and gives another one; whatever
// it may rely on, and must leave, is said here.
import type { Graph, GraphNode } from '../graph/graph.js';
import type {
  ComputeOperator,
  KernelCall,
  LoweringRequest,
  NonZeroLists,
  Source,
} from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import type { Place } from './program.js';
import type { SumLayout } from './sum-layout.js';

export interface DraftTensor {
  readonly bytes: number;
  /** The tensor whose memory it is: itself, or what it is another shape of. */
  readonly memory: number;
}

/** Kernel calls that write one tensor. Every tensor is written by at most one operation. */
export interface Operation {
  readonly writes: number;
  readonly reads: readonly number[];
  readonly calls: readonly KernelCall[];
  /** The tensor that its calls use meanwhile, and nothing else does. */
  readonly scratch?: number;
  /** Of calls that are made for each shard of a run: the tensor for right halves, which nothing else uses. */
  readonly rights?: number;
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
  /** The most shards that these rows are of; and those that they might be of, a power of two. */
  readonly shards: number;
  readonly mostShards: number;
  /** Where results go in the partial. */
  readonly sums: SumLayout;
  readonly tensors: readonly DraftTensor[];
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
  /** The first row of each shard and of the one behind the last, [shards + 1]; of one shard nobody asks. */
  readonly shardStarts?: number;
}

/** A rewriting of drafts that changes no bit of any result, and without which they can be run as well. */
export type Pass = (draft: Draft) => Draft;

/** A node's kernel calls; `reading` says how it finds its inputs, where that is not as they are. */
export function lowerNode(
  { nodes }: Graph,
  index: number,
  reading: Pick<LoweringRequest, 'packed' | 'nonZeros' | 'scratch' | 'ofShards'> = {},
): KernelCall[] {
  const node = nodes[index]!;
  return (operatorNamed(node.op) as ComputeOperator).lower({
    node,
    inputs: node.inputs.map((input) => ({ ...nodes[input]!, node: input })),
    output: { node: index },
    ...reading,
  });
}

/** The operation's scratch tensor, as a lowering takes it. */
export function scratchOf({ scratch }: Operation): Pick<LoweringRequest, 'scratch'> {
  return scratch === undefined ? {} : { scratch: { node: scratch } };
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
  readonly tensors: DraftTensor[];

  constructor(tensors: readonly DraftTensor[]) {
    this.tensors = [...tensors];
  }

  put(tensor: number, value: DraftTensor): void {
    this.tensors[tensor] = value;
  }

  /** @returns the new tensor's number */
  add(bytes: number): number {
    const memory = this.tensors.length;
    this.tensors.push({ bytes, memory });
    return memory;
  }
}

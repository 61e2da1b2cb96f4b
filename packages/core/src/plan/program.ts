// A program: the list of kernel calls that a graph comes to, over places in memory that are laid out once.
// Addresses are relative to bases that are known when it is bound: the state (parameters), its buffers, the graph's
// constants, the partial (what is summed over the samples) and the thread's arena (everything else). How a graph becomes
// one is the planner's.
import type { KernelArgument, KernelCall } from '../ops/operator.js';
import type { Count } from '../shape.js';
import { alignUp } from './arena.js';
import type { SumLayout } from './sum-layout.js';

/**
 * `state` begins with the parameters; `buffers` are those before the step, `new buffers` those after it, which updates
 * write. `scalars` are those of an optimizer's step, which writes `new state`.
 */
export type Region =
  | 'state'
  | 'new state'
  | 'buffers'
  | 'new buffers'
  | 'constants'
  | 'partial'
  | 'arena'
  | 'scalars';

export interface Place {
  readonly region: Region;
  readonly byteOffset: number;
}

/** Floats [first, end) of a partial. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** Samples that are mostly zero, as lists of their non-zeros in the arena. */
export interface SparseSamples {
  readonly kind: 'sparse samples';
  /** Values of a sample. */
  readonly width: number;
  /** Entries that there is room for; denser samples do not suit. */
  readonly limit: number;
  readonly rowStartsOffset: number;
  readonly rowEntriesOffset: number;
  readonly columnStartsOffset: number;
  readonly columnEntriesOffset: number;
}

/** What must hold of a shard's samples, and how they must lie in the arena, for a variant to run. */
export type Condition = { readonly kind: 'any samples' } | SparseSamples;

/** Calls that are made for each of a run's shards, on its rows, where their results are then added along the tree. */
export interface CallsOfShard {
  /** [first, end) of the variant's calls. */
  readonly first: number;
  readonly end: number;
  /** What they write, in floats, and where it goes; of the right half of a block into `rights`, a place for each level. */
  readonly floats: number;
  readonly writes: number;
  readonly rights: number;
}

/** Bytes from the right half on one level to the one on the next. */
export function rightBytes(floats: number): number {
  return alignUp(4 * floats);
}

/** One way to compute a shard, or a block of them. All ways give the same bits. */
export interface Variant {
  readonly condition: Condition;
  readonly calls: readonly KernelCall[];
  /** In order; of a program for one shard none. */
  readonly callsOfShard: readonly CallsOfShard[];
  /** Spans of the partial that it can add to another partial instead of writing them. */
  readonly added: readonly Span[];
}

export interface Program {
  /** The place of each tensor that has one: the graph's nodes, then what passes added. */
  readonly places: ReadonlyMap<number, Place>;
  /** Calls that depend on the parameters only: once a step. */
  readonly prepare: readonly KernelCall[];
  /** Once a shard, or a block of shards: the first of these whose condition holds. The last one runs with any samples. */
  readonly variants: readonly Variant[];
  /** Rows that the arena has room for. */
  readonly capacity: number;
  /** The most shards that one run computes; a power of two. */
  readonly shards: number;
  readonly arenaBytes: number;
  /** Of these, what is computed once a step. */
  readonly preparedBytes: number;
  /** Where the batch is put, in the arena; undefined where the graph does not read it. */
  readonly inputOffset: number | undefined;
  readonly targetOffset: number | undefined;
  readonly sampleIdsOffset: number;
  /** Where the first rows of a run's shards are put, and of the one behind, as u32; undefined where nothing reads them. */
  readonly shardStartsOffset: number | undefined;
  /** What it leaves in the partial. */
  readonly sums: SumLayout;
  /** The place of the model's output, kept until the program ends. */
  readonly output: Place | undefined;
}

export function isCount(argument: KernelArgument): argument is Count {
  return typeof argument === 'object' && 'perRow' in argument;
}

/** A count for a batch of `rows`. */
export function countFor(count: Count, rows: number): number {
  return count.perRow * rows + count.constant;
}

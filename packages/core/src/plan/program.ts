// A program: the list of kernel calls that a graph comes to, over places in memory that are laid out once.
// Addresses are relative to three bases that are known when it is bound: the state (parameters), the
// partial (what is summed over the samples) and the thread's arena (everything else). How a graph becomes one
// is the planner's.
import type { KernelArgument, KernelCall } from '../ops/operator.js';
import type { Count } from '../shape.js';
import type { SumLayout } from './sum-layout.js';

export type Region = 'state' | 'partial' | 'arena';

export interface Place {
  readonly region: Region;
  readonly byteOffset: number;
}

/**
 * A second way to compute the same bits, for samples that are mostly zero: the products with the batch read
 * its non-zeros. There is one where nothing but products reads the batch.
 */
export interface CompressedProgram {
  readonly compute: readonly KernelCall[];
  /** Values of a sample. */
  readonly width: number;
  /** Entries that there is room for; a denser batch is computed the other way. */
  readonly limit: number;
  readonly rowStartsOffset: number;
  readonly rowEntriesOffset: number;
  readonly columnStartsOffset: number;
  readonly columnEntriesOffset: number;
  /** Spans of the partial, in floats, that a call can add to another partial instead of writing them. */
  readonly accumulated: readonly { readonly first: number; readonly end: number }[];
}

export interface Program {
  /** The place of each node of the graph that has one. */
  readonly places: ReadonlyMap<number, Place>;
  /** Calls that depend on the parameters only: once a step. */
  readonly prepare: readonly KernelCall[];
  /** Calls for the samples: once a shard. */
  readonly compute: readonly KernelCall[];
  readonly compressed: CompressedProgram | undefined;
  /** Rows that the arena has room for. */
  readonly capacity: number;
  readonly arenaBytes: number;
  /** Where the batch is put, in the arena; undefined where the graph does not read it. */
  readonly inputOffset: number | undefined;
  readonly targetOffset: number | undefined;
  readonly sampleIdsOffset: number;
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

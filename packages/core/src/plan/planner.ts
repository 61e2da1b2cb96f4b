// From a graph to a program: every node becomes an operation, passes rewrite the operations one after the other, and
// what is left gets its places. An optimisation is one pass, a file in passes/ and a line here.
import type { Graph } from '../graph/graph.js';
import type { Draft, Pass } from './draft.js';
import { firstDraft } from './first-draft.js';
import { layOut } from './lay-out.js';
import type { ParameterLayout } from './parameters.js';
import { accumulate } from './passes/accumulate.js';
import { hoist } from './passes/hoist.js';
import { pack } from './passes/pack.js';
import { readNonZeros } from './passes/read-non-zeros.js';
import { sumShards } from './passes/sum-shards.js';
import { writeInPlace } from './passes/write-in-place.js';
import type { Program } from './program.js';
import type { SumLayout } from './sum-layout.js';

/** In order. */
export const PASSES: readonly Pass[] = [
  hoist,
  writeInPlace,
  readNonZeros,
  pack,
  sumShards,
  accumulate,
];

export interface PlanOptions {
  /** The most shards that these rows may be of, a power of two. Default: one. */
  readonly mostShards?: number | undefined;
  /** Default: all. */
  readonly passes?: readonly Pass[] | undefined;
}

/**
 * Plans a graph of stored parameters (see transform/storage.ts).
 *
 * @param capacity the most rows that one run of the program computes
 */
export function planProgram(
  graph: Graph,
  parameters: ParameterLayout,
  capacity: number,
  { mostShards = 1, passes = PASSES }: PlanOptions = {},
): Program {
  const first = firstDraft(graph, parameters, capacity, { mostShards });
  return layOut(passes.reduce((draft: Draft, pass) => pass(draft), first));
}

/**
 * Plans a graph that has no sums: what it leaves is its output.
 *
 * @param graph of stored parameters, in evaluation
 * @param capacity as `planProgram`
 */
export function planInference(
  graph: Graph,
  parameters: ParameterLayout,
  capacity: number,
): Program {
  const nothing: SumLayout = { gradientFloats: 0, sections: [], floats: 0 };
  const first = firstDraft(graph, parameters, capacity, { given: nothing });
  return layOut(PASSES.reduce((draft: Draft, pass) => pass(draft), first));
}

/**
 * Plans the updates of buffers, which are computed once a step.
 *
 * @param sums how the sums over its batch lie in the partial
 */
export function planUpdates(graph: Graph, parameters: ParameterLayout, sums: SumLayout): Program {
  return layOut(writeInPlace(firstDraft(graph, parameters, 1, { given: sums })));
}

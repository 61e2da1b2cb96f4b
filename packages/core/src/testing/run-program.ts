// Runs a problem's program on the WebAssembly kernels, in a memory where everything is watched: regions are
// surrounded by guard words and filled with NaN, so that a read of what was never written shows in the
// result, and a write outside throws.
import { heapBase, wasm } from '@lockstep/kernels';
import { BoundProgram } from '../execute/bound-program.js';
import type { Graph } from '../graph/graph.js';
import { metricOutput } from '../metrics/metric.js';
import type { Source } from '../ops/operator.js';
import { sourceOf } from '../ops/registry.js';
import { alignUp } from '../plan/arena.js';
import { constantValues, layOutConstants } from '../plan/constants.js';
import type { Pass } from '../plan/draft.js';
import {
  exportParameter,
  importParameter,
  layOutParameters,
  type ParameterLayout,
} from '../plan/parameters.js';
import { planProgram } from '../plan/planner.js';
import type { Program, Region } from '../plan/program.js';
import { sumOffset } from '../plan/sum-layout.js';
import { sampleSize } from '../shape.js';
import { differentiate, evaluation } from '../transform/differentiate.js';
import { transposedParameters, withStoredParameters } from '../transform/storage.js';
import type { Problem } from './reference-gradients.js';

/** What accuracy counts. */
const CORRECT = metricOutput('accuracy', 'correct');
/** A quiet NaN that no kernel makes. */
const PATTERN = 0xffc0dead;
const GUARD_BYTES = 256;

export interface ProgramOptions {
  /** The first row of each shard that the rows are of, and how many rows there are. Default: one shard. */
  readonly starts?: readonly number[];
  readonly kind?: 'training' | 'evaluation';
  /** Default: as a run would store them. */
  readonly transposed?: readonly boolean[];
  /** Default: the problem's rows. */
  readonly capacity?: number;
  /** Default: as a run would be planned. */
  readonly passes?: readonly Pass[];
}

export interface ProgramResult {
  readonly lossSum: number;
  /** Of evaluation only. */
  readonly correctSum: number | undefined;
  readonly samples: number;
  /** In the exported layout; of training only. */
  readonly gradients: readonly Float32Array[];
  /** The model's output; of evaluation only. */
  readonly output: Float32Array;
}

/** The program of a problem, and the graph that it was planned from. */
export function planProblem(
  problem: Problem,
  {
    kind = 'training',
    transposed,
    capacity = problem.rows,
    passes,
    starts = [0, problem.rows],
  }: ProgramOptions = {},
): { layout: ParameterLayout; graph: Graph; program: Program } {
  const stored = transposed ?? transposedParameters(problem.graph);
  const layout = layOutParameters(problem.graph.parameters, stored);
  const mostShards = starts.length - 1;
  const derive = kind === 'training' ? differentiate : evaluation;
  const graph = withStoredParameters(derive(problem.graph), stored);
  return {
    layout,
    graph,
    program: planProgram(graph, layout, capacity, { passes, mostShards }),
  };
}

/** @throws if anything was written where the program has no business */
export function runProgram(problem: Problem, options: ProgramOptions = {}): ProgramResult {
  const { layout, program } = planProblem(problem, options);
  let end = alignUp(heapBase) + GUARD_BYTES;
  const take = (bytes: number): number => {
    const address = end;
    end += alignUp(bytes) + GUARD_BYTES;
    return address;
  };
  const bases = {
    state: take(4 * layout.length),
    // These models have no buffers, and nothing here is an optimizer's.
    ...{ buffers: 0, 'new buffers': 0, 'new state': 0, scalars: 0 },
    constants: take(4 * layOutConstants(problem.graph.constants).floats),
    arena: take(program.arenaBytes),
    partial: take(4 * program.sums.floats),
  };
  const memory = wasm.createMemory(end);
  const words = new Uint32Array(memory.buffer).fill(PATTERN);
  const floats = new Float32Array(memory.buffer);
  const state = floats.subarray(bases.state / 4, bases.state / 4 + layout.length).fill(0);
  for (const [i, slot] of layout.slots.entries()) {
    importParameter(slot, state, problem.parameters[i]!);
  }
  floats.set(constantValues(problem.graph.constants), bases.constants / 4);
  const before = words.slice();
  putBatch(problem, program, memory.buffer, bases.arena);
  const { starts } = options;
  if (starts && program.shardStartsOffset !== undefined) {
    words.set(starts, (bases.arena + program.shardStartsOffset) / 4);
  }
  const kernels = wasm.kernels(memory);
  const { rows, context } = problem;
  const bound = new BoundProgram(program, kernels, {
    bases,
    rows,
    seed: context.seed,
    ...(starts && { starts }),
  });
  bound.prepare();
  bound.compute(program.variants.length - 1, context.epoch);

  const isTraining = options.kind !== 'evaluation';
  const mayChange = new Uint8Array(words.length);
  mayChange.fill(1, bases.arena / 4, (bases.arena + program.arenaBytes) / 4);
  const partial = bases.partial / 4;
  if (isTraining) {
    for (const { offset, size } of layout.slots) {
      mayChange.fill(1, partial + offset, partial + offset + size);
    }
  }
  for (const { offset, length } of program.sums.sections) {
    mayChange.fill(1, partial + offset, partial + offset + length);
  }
  const stray = words.findIndex((word, i) => word !== before[i] && !mayChange[i]);
  if (stray >= 0) {
    throw new Error(`the program wrote at ${4 * stray}; ${JSON.stringify(bases)}`);
  }
  const gradient = floats.slice(partial, partial + layout.length);
  const sumOf = (name: string): number => floats[partial + sumOffset(program.sums, name)]!;
  const counts = !isTraining && problem.graph.outputs[CORRECT] !== undefined;
  return {
    lossSum: sumOf('loss'),
    correctSum: counts ? sumOf(CORRECT) : undefined,
    samples: sumOf('samples'),
    gradients: isTraining ? layout.slots.map((slot) => exportParameter(slot, gradient)) : [],
    output: isTraining ? new Float32Array(0) : readOutput(problem, program, floats, bases),
  };
}

function putBatch(
  { rows, input, target, context, graph }: Problem,
  { inputOffset, targetOffset, sampleIdsOffset }: Program,
  buffer: WebAssembly.Memory['buffer'],
  arena: number,
): void {
  new Uint32Array(buffer, arena + sampleIdsOffset, rows).set(context.sampleIds);
  const valuesOf = (source: Source) => {
    const isWhole = graph.nodes.some((node) => sourceOf(node) === source && node.type === 'i32');
    return isWhole ? Int32Array : Float32Array;
  };
  if (inputOffset !== undefined) {
    new (valuesOf('samples'))(buffer, arena + inputOffset, input.length).set(input);
  }
  if (targetOffset !== undefined) {
    new (valuesOf('targets'))(buffer, arena + targetOffset, target.length).set(target);
  }
}

function readOutput(
  { graph, rows }: Problem,
  { output }: Program,
  floats: Float32Array,
  bases: Readonly<Record<Region, number>>,
): Float32Array {
  const node = graph.nodes[graph.outputs.output!]!;
  const start = (bases[output!.region] + output!.byteOffset) / 4;
  return floats.slice(start, start + rows * sampleSize(node.shape));
}

/** A problem in words, for the message of a failing test. */
export function describeProblem({ graph, rows }: Problem): string {
  const nodes = graph.nodes.map(({ op, inputs, shape }, i) => `${i}: ${op}(${inputs}) [${shape}]`);
  return `${rows} rows\n${nodes.join('\n')}`;
}

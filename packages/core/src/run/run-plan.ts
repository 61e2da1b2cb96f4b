// Everything that follows from a run's configuration, worked out once before the first step: programs,
// layouts, addresses. Pure, so every thread and machine that has the configuration has the same plan.

import { type BatchPlan, checkShards, maxShardRows, stepsPerEpoch } from '@lockstep/tree';
import { type Augmentation, checkAugmentations } from '../augment/augmentation.js';
import type { Dataset } from '../dataset.js';
import { ConfigError } from '../errors.js';
import { buffersOf, type Graph } from '../graph/graph.js';
import { WEIGHT } from '../graph/sample-weight.js';
import { type ParameterGroup, validateGroups } from '../optimizers/groups.js';
import { type OptimizerConfig, optimizerRule } from '../optimizers/optimizer.js';
import type { GraphRule, OptimizerRule } from '../optimizers/rule.js';
import { scalarFloats } from '../optimizers/step-scalars.js';
import { layOutConstants } from '../plan/constants.js';
import { planFitting } from '../plan/fitting.js';
import { layOutBuffers, layOutParameters, type ParameterLayout } from '../plan/parameters.js';
import { planProgram, planUpdates } from '../plan/planner.js';
import type { Program } from '../plan/program.js';
import { layOutState, type StateLayout } from '../plan/state-layout.js';
import { planTileUpdate } from '../plan/tile-update.js';
import { planTogether } from '../plan/together.js';
import { requireResolved } from '../schedules/schedule.js';
import { product } from '../shape.js';
import type { StopRule } from '../stopping/stop-rule.js';
import { differentiate, evaluation } from '../transform/differentiate.js';
import { transposedParameters, withStoredParameters } from '../transform/storage.js';
import { checkUpdates, updates } from '../transform/updates.js';
import { checkTraits } from './check-traits.js';
import { type Datasets, evaluatedNames } from './datasets.js';
import { type Deal, type DealtShards, dealShards } from './deals.js';
import type { MemoryRequest } from './memory-map.js';
import { type UpdatePieces, updatePieces } from './update-pieces.js';

/** What makes a run what it is, besides its data: plain, serialisable. */
export interface RunConfig {
  /** With a loss. */
  readonly graph: Graph;
  readonly optimizer: OptimizerConfig;
  /** Parameters that are trained otherwise than it says. Left out where there are none. */
  readonly groups?: readonly ParameterGroup[];
  /** An integer in [0, 2^53). */
  readonly seed: number;
  readonly batchSize: number;
  readonly shards: number;
  readonly epochs: number;
  readonly shuffle: boolean;
  /** Leave out an epoch's last batch if it is short. */
  readonly dropLast: boolean;
  /** What is done to training samples as they are gathered, in this order; left out where nothing is. */
  readonly augment?: readonly Augmentation[];
  /** The share of the training samples that was split off for validation, by the seed; left out where none was. */
  readonly validation?: number;
  /** When the run ends before its last epoch, and whose weights it gives; left out where no option says so. */
  readonly stopping?: StopRule;
}

/** What a plan must know of a dataset. */
export type DatasetShape = Pick<
  Dataset,
  | 'samples'
  | 'inputShape'
  | 'inputParts'
  | 'vocabulary'
  | 'targetShape'
  | 'classes'
  | 'inputDivisor'
> & { readonly inputs: { readonly BYTES_PER_ELEMENT: number } };

/** Gradients are reduced and parameters updated a tile at a time: these many floats, which fit the cache. */
export const TILE_FLOATS = 4096;
/** Samples of one evaluated chunk, or fewer, by the network: so metrics do not depend on the thread count. */
export const EVALUATION_ROWS = 128;

/** Steps are counted in a signed 32-bit word of shared memory. */
export const MAX_STEPS = 0x7fff_ffff;

/** A dataset that is evaluated. */
export interface EvaluatedDataset {
  readonly name: string;
  readonly samples: number;
  /** [firstChunk, endChunk) of the chunks of all that are evaluated; each of `evaluationRows` samples, the last of fewer. */
  readonly firstChunk: number;
  readonly endChunk: number;
}

export interface RunPlan extends DealtShards {
  readonly config: RunConfig;
  readonly evaluated: readonly EvaluatedDataset[];
  readonly layout: ParameterLayout;
  readonly training: Program;
  readonly evaluation: Program;
  /** Samples of one evaluated chunk. */
  readonly evaluationRows: number;
  /** Of a model's buffers, once a step; undefined where it has none. */
  readonly updates: Program | undefined;
  /** Whether means are taken over what samples weigh, which is a sum of its own. */
  readonly isWeighted: boolean;
  readonly rule: OptimizerRule | GraphRule;
  /** How the flat vector is updated. */
  readonly updatePieces: UpdatePieces;
  /** Of an optimizer that is a graph: its step over a tile or a part of one. */
  readonly tileUpdate: Program | undefined;
  readonly state: StateLayout;
  readonly tiles: number;
  readonly batches: BatchPlan;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** What lies in its memory besides partials. */
  readonly room: Omit<MemoryRequest, 'partialsPerThread' | 'sparePartials'>;
}

/** Which of the two states holds what step `step` starts from. */
export function stateIndex(step: number): 0 | 1 {
  return (step % 2) as 0 | 1;
}

/**
 * @param buckets each thread's shards, bucket by bucket: what a bucket comes to can be handed on while the next one is
 * computed. One bucket, if nothing is handed on
 * @throws ConfigError or ShapeError if configuration and data do not fit
 */
export function planRun(
  config: RunConfig,
  datasets: Datasets<DatasetShape>,
  ...buckets: Deal
): RunPlan {
  const { train } = datasets;
  const all = Object.values(datasets);
  checkConfig(config, train);
  checkUpdates(config.graph);
  const groups = groupsOf(config);
  for (const data of all) {
    if (data.samples < 1) throw new ConfigError('run: the dataset has no samples');
    checkTraits('run', config.graph, data);
  }
  const transposed = transposedParameters(config.graph);
  const layout = layOutParameters(config.graph.parameters, transposed);
  const stored = (graph: Graph): Graph => withStoredParameters(graph, transposed);
  const rows = maxShardRows(Math.min(config.batchSize, train.samples), config.shards);
  const trained = stored(differentiate(config.graph, frozenNames(groups)));
  const training = planTogether(rows, config.shards, 4 * layout.length, (capacity, mostShards) =>
    planProgram(trained, layout, capacity, { mostShards }),
  );
  const { program: evaluating, rows: evaluationRows } = planEvaluation(config.graph);
  const updating =
    buffersOf(config.graph).length > 0
      ? planUpdates(stored(updates(config.graph)), layout, training.sums)
      : undefined;
  const rule = optimizerRule(config.optimizer);
  const state = stateLayoutOf(config, layout, rule);
  const tileUpdate =
    rule.kernel === undefined
      ? planTileUpdate(rule.graph, 4 * layout.length, TILE_FLOATS)
      : undefined;
  const tiles = Math.ceil(layout.length / TILE_FLOATS);
  const pieces = updatePieces(layout, config.optimizer, groups);
  const batches = {
    samples: train.samples,
    batchSize: config.batchSize,
    dropLast: config.dropLast,
  };
  const evaluated = evaluatedDatasets(datasets, evaluationRows);
  const room = {
    stateBytes: state.bytes,
    constantFloats: layOutConstants(config.graph.constants).floats,
    // A chunk's sums are computed in a partial, too.
    partialFloats: Math.max(training.sums.floats, evaluating.sums.floats),
    chunkFloats: evaluating.sums.floats,
    scalarFloats: pieces.groups.length * scalarFloats(rule),
    tiles,
    evaluationChunks: evaluated.at(-1)?.endChunk ?? 0,
    arenaBytes: Math.max(
      ...[training, evaluating, updating, tileUpdate].map((program) => program?.arenaBytes ?? 0),
    ),
    stagingBytes: all.some(hasBytes)
      ? Math.max(training.capacity, evaluationRows) * product(train.inputShape)
      : 0,
  };
  const perEpoch = stepsPerEpoch(batches);
  if (perEpoch * config.epochs > MAX_STEPS) {
    throw new ConfigError(
      `run: ${perEpoch * config.epochs} steps, at most ${MAX_STEPS} are possible`,
    );
  }
  const plan = {
    config,
    evaluated,
    layout,
    training,
    evaluation: evaluating,
    evaluationRows,
    updates: updating,
    rule,
    updatePieces: pieces,
    isWeighted: config.graph.outputs[WEIGHT] !== undefined,
    tileUpdate,
    state,
    tiles,
    batches,
    stepsPerEpoch: perEpoch,
    steps: perEpoch * config.epochs,
    room,
  };
  return redeal(plan, [buckets])[0]!;
}

/** How a run's state is laid out, which takes no data to know. */
export function stateLayoutOf(
  { graph, optimizer }: Pick<RunConfig, 'graph' | 'optimizer'>,
  layout = layOutParameters(graph.parameters, transposedParameters(graph)),
  { slots }: Pick<OptimizerRule | GraphRule, 'slots'> = optimizerRule(optimizer),
): StateLayout {
  return layOutState(layout, slots, layOutBuffers(graph));
}

/** How a network is evaluated, and how many samples at once. @param graph with a loss */
export function planEvaluation(graph: Graph): ReturnType<typeof planFitting> {
  const transposed = transposedParameters(graph);
  const layout = layOutParameters(graph.parameters, transposed);
  const stored = withStoredParameters(evaluation(graph), transposed);
  return planFitting(EVALUATION_ROWS, (rows) => planProgram(stored, layout, rows));
}

/** Plans of the same run with other shards, one for each deal of them: its programs and layouts stay. @param deals see dealShards */
export function redeal(plan: Omit<RunPlan, keyof DealtShards>, deals: readonly Deal[]): RunPlan[] {
  const { room, config, training } = plan;
  const dealt = dealShards(room, config.shards, training.shards, deals);
  return dealt.map((each) => ({ ...plan, ...each }));
}

/** Those that are evaluated, with their chunks numbered through. */
function evaluatedDatasets(datasets: Datasets<DatasetShape>, rows: number): EvaluatedDataset[] {
  let chunks = 0;
  return evaluatedNames(datasets).map((name) => {
    const { samples } = datasets[name]!;
    const firstChunk = chunks;
    chunks += Math.ceil(samples / rows);
    return { name, samples, firstChunk, endChunk: chunks };
  });
}

function checkConfig(config: RunConfig, train: DatasetShape): void {
  const atLeast = (name: 'batchSize' | 'epochs' | 'seed', least: number): void => {
    if (!Number.isSafeInteger(config[name]) || config[name] < least) {
      throw new ConfigError(
        `run: ${name} is ${config[name]}, expected a whole number of at least ${least}`,
      );
    }
  };
  atLeast('batchSize', 1);
  atLeast('epochs', 0);
  atLeast('seed', 0);
  checkShards(config.shards);
  requireResolved('run', config.optimizer.schedule);
  const { augment = [] } = config;
  if (augment.length > 0 && train.vocabulary !== undefined) {
    throw new ConfigError('run: augment changes numbers, and the samples are tokens; leave it out');
  }
  checkAugmentations('run', augment, train);
  if (config.epochs > 0 && config.graph.parameters.length === 0) {
    throw new ConfigError('run: the model has no parameters, so there is nothing to train');
  }
  if (config.dropLast && train.samples < config.batchSize) {
    throw new ConfigError(
      `run: dropLast leaves out the only batch: ${train.samples} samples, batches of ${config.batchSize}`,
    );
  }
}

/** @throws ConfigError if they are not groups of the graph's parameters */
function groupsOf({ graph, optimizer, groups = [] }: RunConfig): readonly ParameterGroup[] {
  const names = graph.parameters.map(({ name }) => name);
  return validateGroups('run', groups, names, optimizer);
}

export function frozenNames(groups: readonly ParameterGroup[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ frozen, parameters }) => (frozen ? parameters : [])));
}

/** Whether a dataset's inputs become float32 only when a shard is gathered. */
function hasBytes({ inputs }: DatasetShape): boolean {
  return inputs.BYTES_PER_ELEMENT === 1;
}

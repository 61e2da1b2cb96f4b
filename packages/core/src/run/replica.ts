// What one thread computes over the run's memory, by what it is about: its shards, the tiles of the flat vector, the
// model's buffers, the chunks of an evaluation. The same code runs alone, on threads and on remote workers. It knows
// nothing of barriers, epochs' order or files; a step puts its parts together.
import type { Kernels } from '@lockstep/kernels';
import { constantValues } from '../plan/constants.js';
import { BufferUpdates } from './buffer-updates.js';
import { ChunkEvaluator } from './chunk-evaluator.js';
import type { Datasets } from './datasets.js';
import type { RunPlan } from './run-plan.js';
import { ShardSums } from './shard-sums.js';
import { Tiles } from './tiles.js';

export class Replica {
  readonly shards: ShardSums;
  readonly tiles: Tiles;
  readonly buffers: BufferUpdates;
  readonly chunks: ChunkEvaluator;

  /**
   * @param thread its position in the plan's list of threads
   * @param kernels over the memory
   */
  constructor(
    plan: RunPlan,
    memory: WebAssembly.Memory,
    thread: number,
    datasets: Datasets,
    kernels: Kernels,
  ) {
    // The same numbers whichever thread writes them, and whenever.
    const constants = constantValues(plan.config.graph.constants);
    new Float32Array(memory.buffer).set(constants, plan.memory.constants / 4);
    this.shards = new ShardSums(plan, memory, kernels, thread, datasets.train);
    this.tiles = new Tiles(plan, memory, kernels, thread);
    this.buffers = new BufferUpdates(plan, kernels, thread);
    this.chunks = new ChunkEvaluator(plan, memory, kernels, thread, datasets);
  }
}

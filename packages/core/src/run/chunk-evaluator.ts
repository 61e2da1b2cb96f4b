// Evaluation by chunks of samples: one thread computes the chunks that it takes, and leaves each one's
// sums in the memory map. Who evaluates which chunk cannot change a bit.
import type { Kernels } from '@lockstep/kernels';
import { basesOf } from './bases.js';
import { BoundPrograms } from './bound-programs.js';
import type { Datasets } from './datasets.js';
import { Gatherer } from './gather/gather.js';
import type { ThreadMap } from './memory-map.js';
import { RowStarts } from './row-starts.js';
import type { RunPlan } from './run-plan.js';

/** A chunk is one shard. */
const WHOLE = { first: 0, size: 1 };

export class ChunkEvaluator {
  readonly #plan: RunPlan;
  readonly #memory: WebAssembly.Memory;
  readonly #kernels: Kernels;
  readonly #thread: number;
  readonly #place: ThreadMap;
  readonly #floats: Float32Array;
  readonly #programs: BoundPrograms;
  readonly #datasets: Datasets;
  readonly #starts = new RowStarts(1);
  /** By the name of the dataset. */
  readonly #gatherers = new Map<string, Gatherer>();

  /** @param thread its position in the plan's list of threads */
  constructor(
    plan: RunPlan,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    thread: number,
    datasets: Datasets,
  ) {
    this.#datasets = datasets;
    this.#plan = plan;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#thread = thread;
    this.#place = plan.memory.threads[thread]!;
    this.#floats = new Float32Array(memory.buffer);
    this.#programs = new BoundPrograms(plan, kernels, thread, plan.evaluation);
  }

  /** Evaluates chunk `chunk` of the plan's with the parameters of `step`. */
  evaluate(chunk: number, step: number): void {
    const { evaluated, evaluationRows } = this.#plan;
    const { name, samples, firstChunk } = evaluated.find(({ endChunk }) => chunk < endChunk)!;
    const first = (chunk - firstChunk) * evaluationRows;
    const rows = Math.min(evaluationRows, samples - first);
    const starts = this.#starts.of(rows, WHOLE, 0);
    const program = this.#programs.take(step, starts, 0);
    program.prepare();
    program.compute(this.#gatherer(name).gather(undefined, first, starts), 0);
    const { floats } = this.#plan.evaluation.sums;
    const from = this.#place.partials[0]! / 4;
    this.#floats.copyWithin(this.#plan.memory.chunkSums / 4 + floats * chunk, from, from + floats);
  }

  /** The model's outputs for the chunk that was evaluated last: a view, `length` floats. */
  outputs(length: number, step: number): Float32Array {
    const { region, byteOffset } = this.#plan.evaluation.output!;
    const bases = basesOf(this.#plan, step, this.#thread, this.#place.partials[0]!);
    const start = (bases[region] + byteOffset) / 4;
    return this.#floats.subarray(start, start + length);
  }

  #gatherer(name: string): Gatherer {
    let gatherer = this.#gatherers.get(name);
    if (!gatherer) {
      gatherer = new Gatherer(
        this.#kernels,
        this.#memory,
        this.#plan.evaluation,
        this.#datasets[name]!,
        this.#place,
      );
      this.#gatherers.set(name, gatherer);
    }
    return gatherer;
  }
}

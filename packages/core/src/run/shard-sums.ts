// From a batch's samples to partials: one thread computes its shards in the order of its schedule, some at once, and pre-adds
// them into blocks. Who computes which shard cannot change a bit.
import type { Kernels } from '@lockstep/kernels';
import { batchOf, shardStart } from '@lockstep/tree';
import type { Dataset } from '../dataset.js';
import type { Span } from '../plan/program.js';
import { BoundPrograms } from './bound-programs.js';
import { Gatherer } from './gather/gather.js';
import { RowStarts } from './row-starts.js';
import type { RunPlan } from './run-plan.js';

export class ShardSums {
  readonly #plan: RunPlan;
  readonly #thread: number;
  readonly #kernels: Kernels;
  readonly #gatherer: Gatherer;
  readonly #programs: BoundPrograms;
  readonly #partials: readonly number[];
  readonly #starts: RowStarts;

  /** @param thread its position in the plan's list of threads */
  constructor(
    plan: RunPlan,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    thread: number,
    train: Dataset,
  ) {
    this.#plan = plan;
    this.#thread = thread;
    this.#kernels = kernels;
    const place = plan.memory.threads[thread]!;
    this.#partials = place.partials;
    this.#starts = new RowStarts(plan.config.shards);
    this.#gatherer = new Gatherer(kernels, memory, plan.training, train, place, plan.config);
    this.#programs = new BoundPrograms(plan, kernels, thread, plan.training);
  }

  /**
   * Computes this thread's shards of a bucket of a batch with the parameters of `step`, and pre-adds them into blocks, in
   * its partials.
   *
   * @param order of the epoch's samples; undefined: as they lie in the dataset
   * @param batch its number in the run
   */
  compute(step: number, order: Uint32Array | undefined, bucket = 0, batch = step): void {
    const { config, batches, schedules, training } = this.#plan;
    const { shards } = config;
    const { moves, buckets } = schedules[this.#thread]!;
    const { epoch, first, samples } = batchOf(batches, batch);
    const end = buckets[bucket]!.moves;
    // An index below 0 is looked up as a name, which takes longer than a small network's kernels.
    const begin = bucket > 0 ? buckets[bucket - 1]!.moves : 0;
    for (let at = begin; at < end; at++) {
      const move = moves[at]!;
      if (move.kind === 'add') {
        this.#addSpan(move.into, move.from, 0, training.sums.floats);
        continue;
      }
      const start = shardStart(samples, shards, move.first);
      const starts = this.#starts.of(samples, move, at);
      // What depends on the parameters alone is computed once a step.
      if (at === 0) this.#programs.take(step, starts, move.partial).prepare();
      const variant = this.#gatherer.gather(order, first + start, starts, epoch);
      const { added } = this.#plan.training.variants[variant]!;
      const next = moves[at + 1];
      if (added.length > 0 && next?.kind === 'add' && next.from === move.partial) {
        this.#programs.take(step, starts, move.partial, next.into).compute(variant, epoch);
        this.#addRest(next.into, move.partial, added);
        at++;
        continue;
      }
      this.#programs.take(step, starts, move.partial).compute(variant, epoch);
    }
  }

  /**
   * Adds what is left of a shard to the partial of the block before it, where the shard's calls have added some there
   * themselves; the bits are those of computing first and adding then.
   */
  #addRest(into: number, from: number, added: readonly Span[]): void {
    let first = 0;
    for (const span of added) {
      this.#addSpan(into, from, first, span.first);
      first = span.end;
    }
    this.#addSpan(into, from, first, this.#plan.training.sums.floats);
  }

  #addSpan(into: number, from: number, first: number, end: number): void {
    const offset = 4 * first;
    this.#kernels.addInto(
      this.#partials[into]! + offset,
      this.#partials[from]! + offset,
      end - first,
    );
  }
}

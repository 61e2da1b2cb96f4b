// A defect on purpose: shards are added up one after the other, not along the tree. Nothing but the bits tells.
import { planRun, Replica, type RunPlan } from '@lockstep/core/internal';
import type { InlineCompute, MakeCompute } from '@lockstep/trainer';
import { alignedBlocks, batchOf } from '@lockstep/tree';

type Setting = Parameters<MakeCompute>[0];
type Place = Parameters<MakeCompute>[1];
type Part = Parameters<InlineCompute['part']>[0];

/** For a plan with a thread a shard, so with one bucket: each leaves its own sum. */
export class SkewedCompute {
  readonly threads: number;
  readonly #setting: Setting;
  #place!: Place;
  #plan!: RunPlan;
  #replicas!: Replica[];

  constructor(setting: Setting, place: Place) {
    this.#setting = setting;
    this.threads = place.buckets[0]!.length;
    this.#take(place);
  }

  async assign(place: Place): Promise<void> {
    this.#take(place);
  }

  async part({ sumAddress, computes }: Part): Promise<void> {
    const { control } = this.#place;
    if (sumAddress !== undefined) this.#finish(control.committedStep, sumAddress);
    if (computes) this.#compute(control.committedStep);
  }

  async evaluate(firstChunk: number, endChunk: number): Promise<void> {
    const { test } = this.#setting;
    for (let chunk = firstChunk; chunk < endChunk; chunk++) {
      this.#replicas[0]!.evaluateChunk(test!, chunk, this.#place.control.committedStep);
    }
  }

  async close(): Promise<void> {}

  #take(place: Place): void {
    const { config, train, test } = this.#setting;
    this.#place = place;
    this.#plan = planRun(config, train, test, ...place.buckets);
    this.#replicas = place.buckets[0]!.map(
      (_, i) => new Replica(this.#plan, place.memory, i, train),
    );
  }

  #compute(step: number): void {
    const { batches, tiles, schedules, memory } = this.#plan;
    const batch = batchOf(batches, step);
    for (const replica of this.#replicas) {
      replica.computeShards(step, batch, this.#setting.order);
    }
    const addresses = new Map(
      schedules.flatMap(({ blocks }, thread) =>
        blocks.map(({ first, partial }) => [first, memory.threads[thread]!.partials[partial]!]),
      ),
    );
    const ranges = this.#place.buckets[0]!;
    const held = { first: ranges[0]!.first, end: ranges.at(-1)!.end };
    const adds = alignedBlocks(held).flatMap(({ first, size }) =>
      Array.from({ length: size - 1 }, (_, i) => ({
        into: addresses.get(first)!,
        from: addresses.get(first + 1 + i)!,
      })),
    );
    this.#replicas[0]!.addTiles(0, tiles, adds);
    this.#replicas[0]!.addSums(adds);
  }

  #finish(step: number, root: number): void {
    const { control } = this.#place;
    const { tiles, batches } = this.#plan;
    const replica = this.#replicas[0]!;
    const { samples } = batchOf(batches, step);
    const sum = { adds: [], root };
    const { loss } = replica.reduceSums(sum);
    replica.accumulateLoss(step, loss);
    control.setLastSums(loss, samples);
    replica.reduceTiles(0, tiles, sum, samples);
    replica.updateTiles(0, tiles, sum, step, samples);
    control.commit(step + 1);
  }
}

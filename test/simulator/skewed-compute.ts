// A defect on purpose: shards are added up one after the other, not along the tree. Nothing but the bits tells.
import { Replica, type RunPlan, Stepper, stepAlone } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import type { InlineCompute, MakeCompute } from '@lockstep/trainer';
import { alignedBlocks, type Range } from '@lockstep/tree';

type Setting = Parameters<MakeCompute>[0];
type Place = Parameters<MakeCompute>[1];
type Advance = Parameters<InlineCompute['advance']>[0];

/** For a plan with a thread a shard, so with one bucket: each leaves its own sum. */
export class SkewedCompute {
  readonly #setting: Setting;
  #place!: Place;
  #plan!: RunPlan;
  #replicas!: Replica[];
  #stepper!: Stepper;

  constructor(setting: Setting, place: Place) {
    this.#setting = setting;
    this.#take(place);
  }

  async assign(place: Place): Promise<never[]> {
    this.#take(place);
    return [];
  }

  async advance({ sumAddress, computes }: Advance): Promise<never[]> {
    const { control } = this.#place;
    if (sumAddress !== undefined) {
      this.#stepper.finish(control.committedStep, { adds: [], root: sumAddress });
    }
    if (computes) this.#compute(control.committedStep);
    return [];
  }

  async evaluate({ first, end }: Range): Promise<never[]> {
    for (let chunk = first; chunk < end; chunk++) {
      this.#replicas[0]!.chunks.evaluate(chunk, this.#place.control.committedStep);
    }
    return [];
  }

  async train(): Promise<never[]> {
    throw new Error('a worker of several takes no step by itself');
  }

  async close(): Promise<never[]> {
    return [];
  }

  #take(place: Place): void {
    const { datasets } = this.#setting;
    this.#place = place;
    this.#plan = place.plan;
    this.#replicas = place.deals[0]!.buckets[0]!.map(
      (_, i) => new Replica(this.#plan, place.memory, i, datasets, wasm.kernels(place.memory)),
    );
    const share = { ...stepAlone(this.#plan), board: place.control };
    this.#stepper = new Stepper(this.#plan, this.#replicas[0]!, share);
  }

  #compute(step: number): void {
    const { tiles, schedules, memory } = this.#plan;
    for (const { shards } of this.#replicas) shards.compute(step, this.#setting.order);
    const addresses = new Map(
      schedules.flatMap(({ blocks }, thread) =>
        blocks.map(({ first, partial }) => [first, memory.threads[thread]!.partials[partial]!]),
      ),
    );
    const ranges = this.#place.deals[0]!.buckets[0]!;
    const held = { first: ranges[0]!.first, end: ranges.at(-1)!.end };
    const adds = alignedBlocks(held).flatMap(({ first, size }) =>
      Array.from({ length: size - 1 }, (_, i) => ({
        into: addresses.get(first)!,
        from: addresses.get(first + 1 + i)!,
      })),
    );
    this.#replicas[0]!.tiles.add(0, tiles, adds);
    this.#replicas[0]!.tiles.addSums(adds);
  }
}

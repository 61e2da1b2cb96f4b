// Computes on the calling thread, which is busy as long as a step takes; between steps, and while it evaluates, others
// on the thread have their turn.
import { Replica, Stepper, stepAlone } from '@lockstep/core/internal';
import type { Range } from '@lockstep/tree';
import type { ThreadProfile } from './profile.js';
import type { Advance, ComputePlace, ComputeSetting, ShardCompute } from './shard-compute.js';

/** Chunks that are evaluated before others on the calling thread have their turn: some 20 ms of a small network. */
const CHUNKS_AT_ONCE = 64;
/** Steps are taken for so long before others have theirs. */
const STEPS_AT_ONCE_MS = 20;

/** Computes shards on the calling thread. */
export class InlineCompute implements ShardCompute {
  readonly #setting: ComputeSetting;
  #place!: ComputePlace;
  #replica!: Replica;
  #stepper!: Stepper;

  constructor(setting: ComputeSetting, place: ComputePlace) {
    this.#setting = setting;
    this.#take(place);
  }

  async assign(place: ComputePlace): Promise<never[]> {
    this.#take(place);
    return [];
  }

  async train(targetStep: number): Promise<never[]> {
    const { control } = this.#place;
    control.begin(targetStep);
    let turn = performance.now();
    while (control.committedStep < control.targetStep && !control.isNonFinite) {
      this.#stepper.take(control.committedStep);
      if (performance.now() - turn < STEPS_AT_ONCE_MS) continue;
      await othersTurn();
      turn = performance.now();
    }
    return [];
  }

  async advance({ sumAddress, computes, onBucket }: Advance): Promise<never[]> {
    const { control } = this.#place;
    control.forgetNonFinite();
    if (sumAddress !== undefined) {
      this.#stepper.finish(control.committedStep, { adds: [], root: sumAddress });
    }
    if (!computes || control.isNonFinite) return [];
    for (let bucket = 0; bucket < this.#stepper.buckets; bucket++) {
      this.#stepper.compute(control.committedStep, bucket);
      if (bucket < this.#stepper.buckets - 1) await onBucket?.(bucket);
    }
    return [];
  }

  async evaluate({ first, end }: Range): Promise<never[]> {
    for (let chunk = first; chunk < end; chunk++) {
      this.#replica.chunks.evaluate(chunk, this.#place.control.committedStep);
      if ((chunk - first + 1) % CHUNKS_AT_ONCE === 0) await othersTurn();
    }
    return [];
  }

  async close(): Promise<ThreadProfile[]> {
    return [];
  }

  #take(place: ComputePlace): void {
    const { backend, datasets, order } = this.#setting;
    const { plan, memory } = place;
    this.#place = place;
    this.#replica = new Replica(plan, memory, 0, datasets, backend.kernels(memory));
    const share = { ...stepAlone(plan, order), board: place.control };
    this.#stepper = new Stepper(plan, this.#replica, share);
  }
}

/** Ends when what else waits for the thread has had its turn: a message comes after what is there already. */
function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

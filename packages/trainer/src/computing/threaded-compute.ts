// Computes on compute threads; the calling thread is free meanwhile.
import type { Range } from '@lockstep/tree';
import type { ThreadProfile } from './profile.js';
import type { LostThread } from './recovery.js';
import type { Advance, ComputePlace, ComputeSetting, ShardCompute } from './shard-compute.js';
import { ThreadGroup } from './thread-group.js';

export class ThreadedCompute implements ShardCompute {
  readonly #group: ThreadGroup;

  /** @throws LockstepError (code `thread-lost` or `engine`) if threads cannot be started */
  constructor(setting: ComputeSetting, place: ComputePlace) {
    this.#group = new ThreadGroup({ ...setting, ...place });
  }

  assign(place: ComputePlace): Promise<LostThread[]> {
    return this.#group.assign(place);
  }

  train(targetStep: number): Promise<LostThread[]> {
    return this.#group.command('train', { targetStep });
  }

  advance({ onBucket, ...details }: Advance): Promise<LostThread[]> {
    return this.#group.command('advance', details, onBucket);
  }

  evaluate({ first, end }: Range): Promise<LostThread[]> {
    return this.#group.command('evaluate', { firstChunk: first, endChunk: end });
  }

  close(): Promise<ThreadProfile[]> {
    return this.#group.stop();
  }
}

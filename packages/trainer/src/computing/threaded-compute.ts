// Computes on compute threads, as many as make steps short; the calling thread is free meanwhile.
import type { Range } from '@lockstep/tree';
import { Pacing } from './pacing.js';
import type { ThreadProfile } from './profile.js';
import type { LostThread } from './recovery.js';
import type { Advance, ComputePlace, ComputeSetting, ShardCompute } from './shard-compute.js';
import { ThreadGroup } from './thread-group.js';

/** Computes shards on threads, so that the calling one does I/O alone. */
export class ThreadedCompute implements ShardCompute {
  readonly #group: ThreadGroup;
  readonly #pacing: Pacing;
  #place: ComputePlace;

  /** @throws LockstepError (code `thread-lost` or `engine`) if threads cannot be started */
  constructor(setting: ComputeSetting, place: ComputePlace) {
    this.#place = place;
    this.#pacing = new Pacing(setting, place.deals);
    this.#group = new ThreadGroup({ ...setting, ...place });
  }

  assign(place: ComputePlace): Promise<LostThread[]> {
    this.#place = place;
    this.#pacing.begin(place.deals);
    return this.#group.assign(place);
  }

  train(targetStep: number): Promise<LostThread[]> {
    const { control } = this.#place;
    const { threads } = this.#pacing;
    const onStepMs = (stepMs: number): void => {
      // What was said before others were chosen says nothing of them.
      if (this.#pacing.threads !== threads) return;
      this.#pacing.note(stepMs);
      // The command is given again, to as many.
      if (this.#pacing.threads !== threads) control.requestPause();
    };
    return this.#group.command('train', threads, { targetStep }, { onStepMs });
  }

  async advance({ onBucket, ...details }: Advance): Promise<LostThread[]> {
    const begun = performance.now();
    const { threads } = this.#pacing;
    const lost = await this.#group.command('advance', threads, details, { onBucket });
    const isStep = details.sumAddress !== undefined && details.computes;
    if (isStep && lost.length === 0) this.#pacing.noteStep(performance.now() - begun);
    return lost;
  }

  /** By all threads: each takes chunks as long as there are any, and nobody waits for a slow one at every step. */
  evaluate({ first, end }: Range): Promise<LostThread[]> {
    const { threads } = this.#group;
    return this.#group.command('evaluate', threads, { firstChunk: first, endChunk: end });
  }

  close(): Promise<ThreadProfile[]> {
    return this.#group.stop();
  }
}

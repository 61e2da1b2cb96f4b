// What a page that comes late is told of a run: every event, and samples. However long a run is there are never more samples than
// a limit: when there are too many each two become one, and from then on each covers twice as much.
import type { ClusterEvent } from '@lockstep/trainer';
import type { Sample } from '../contract.js';
import { joinSamples } from './samples.js';

const MOST_SAMPLES = 2000;

export class History {
  readonly events: ClusterEvent[] = [];
  readonly #most: number;
  #samples: Sample[] = [];
  /** So many that were added are one that is kept. */
  #each = 1;
  /** Of the last one: how many it is made of. */
  #joined = 0;

  /** @param most an even number of samples */
  constructor(most = MOST_SAMPLES) {
    this.#most = most;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last && this.#joined < this.#each) {
      this.#samples[this.#samples.length - 1] = joinSamples(last, sample);
      this.#joined++;
      return;
    }
    if (this.#samples.length === this.#most) this.#halve();
    this.#samples.push(sample);
    this.#joined = 1;
  }

  #halve(): void {
    const halved: Sample[] = [];
    for (let i = 0; i < this.#samples.length; i += 2) {
      halved.push(joinSamples(this.#samples[i]!, this.#samples[i + 1]!));
    }
    this.#samples = halved;
    this.#each *= 2;
  }
}

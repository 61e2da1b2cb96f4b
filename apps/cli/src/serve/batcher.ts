// Requests that arrive together are asked about together: what comes while one batch computes goes into the next.
// Invariant: answers are those that each request would get alone (a sample's outputs do not depend on its batch); more
// waiting samples or requests than the limits are refused at once, and never kept.

import { LockstepError } from '@lockstep/core';
import type { Inputs } from '../asking/answers.js';

export interface BatchLimits {
  /** Requests that wait at most. */
  readonly waiting: number;
  /** Samples that are computed at once at most; a request of more is a batch of its own. */
  readonly samples: number;
}

/** There is no room for another request now. */
export class BusyError extends LockstepError {
  constructor(waiting: number) {
    super('unreachable', `${waiting} requests are waiting; try again in a second`);
  }
}

export interface BatcherOptions<A> extends BatchLimits {
  /** Numbers of a sample. */
  readonly sampleSize: number;
  /** Whole samples, one after the other, to an answer each. */
  compute(inputs: Inputs): A[];
  /** Calls back when what has arrived by now has been taken up: setImmediate. */
  schedule(work: () => void): void;
}

interface Waiting<A> {
  readonly inputs: Inputs;
  resolve(answers: A[]): void;
  reject(error: unknown): void;
}

export class Batcher<A> {
  readonly #waiting: Waiting<A>[] = [];
  #isScheduled = false;
  /** Batches that have been computed. */
  batches = 0;

  readonly #options: BatcherOptions<A>;

  constructor(options: BatcherOptions<A>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws BusyError if too many are waiting; what computing throws */
  ask(inputs: Inputs): Promise<A[]> {
    if (this.#waiting.length >= this.#options.waiting) {
      return Promise.reject(new BusyError(this.#waiting.length));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ inputs, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      this.#computeBatch();
      this.#schedule();
    });
  }

  #computeBatch(): void {
    const { sampleSize, samples, compute } = this.#options;
    const batch: Waiting<A>[] = [];
    let length = 0;
    for (;;) {
      const next = this.#waiting[0];
      if (!next) break;
      if (batch.length > 0 && length + next.inputs.length > samples * sampleSize) break;
      length += next.inputs.length;
      batch.push(this.#waiting.shift()!);
    }
    this.batches++;
    const first = batch[0]!.inputs;
    const Joined = first instanceof Int32Array ? Int32Array : Float32Array;
    const inputs = batch.length === 1 ? first : new Joined(length);
    if (batch.length > 1) {
      let at = 0;
      for (const one of batch) {
        (inputs as Float32Array).set(one.inputs, at);
        at += one.inputs.length;
      }
    }
    try {
      const answers = compute(inputs);
      let at = 0;
      for (const one of batch) {
        const count = one.inputs.length / sampleSize;
        one.resolve(answers.slice(at, at + count));
        at += count;
      }
    } catch (error) {
      // One with numbers that overflow must not take the others with it.
      if (batch.length === 1) batch[0]!.reject(error);
      else for (const one of batch) this.#computeAlone(one);
    }
  }

  #computeAlone({ inputs, resolve, reject }: Waiting<A>): void {
    try {
      resolve(this.#options.compute(inputs));
    } catch (error) {
      reject(error);
    }
  }
}

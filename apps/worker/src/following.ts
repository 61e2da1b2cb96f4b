// A worker that lacked its generation's state: it takes part in every exchange with nothing of its own and keeps the
// sums, while the state comes; then it takes the steps that the others have taken since, and says so. It can no more be
// a step ahead of the others than they of each other. Part of WorkerNode, as Stepping is.
// Invariant: the kept sums are those from the engine's step to the one that is exchanged, once the state is there.
import type { FrameHeader, GenerationMessage } from '@lockstep/wire';
import type { Exchanging } from './exchanging.js';
import type { SteppingHost } from './stepping.js';

/** Sums that are kept: a few seconds of a fast network. With more, the others wait for this worker. */
const KEPT_BYTES = 256 * 1024 * 1024;

export class Following {
  readonly #host: SteppingHost;
  readonly #plan: GenerationMessage;
  readonly #exchanging: Exchanging;
  readonly #keptBytes: number;
  #phase: 'following' | 'stuck' = 'following';
  /** Whose sum is next. */
  #step: number;
  /** Whether all links are open: before, what it handed over would be lost. */
  #isRunning = false;
  /** Whether nothing is handed over for that step yet. */
  #isDue = true;
  readonly #sums: Uint8Array[] = [];
  #isTold = false;

  constructor(
    host: SteppingHost,
    plan: GenerationMessage,
    exchanging: Exchanging,
    keptBytes = KEPT_BYTES,
  ) {
    this.#keptBytes = keptBytes;
    this.#host = host;
    this.#plan = plan;
    this.#exchanging = exchanging;
    this.#step = plan.step;
  }

  get phase(): 'following' | 'stuck' {
    return this.#phase;
  }

  /** Goes on as far as it can. The generation is prepared, and the engine free. */
  proceed(): void {
    if (this.#phase === 'stuck') return;
    this.#isRunning = true;
    this.#follow();
    const { step } = this.#host.engine;
    if (step === undefined || step < this.#plan.step) return;
    const sum = this.#sums.shift();
    if (sum) {
      this.#host.operate({ type: 'replay', generation: this.#plan.generation, sum });
      this.#follow();
    } else if (!this.#isTold) {
      this.#isTold = true;
      const { generation } = this.#plan;
      this.#host.send({ type: 'caught-up', generation, ...this.#host.held() });
    }
  }

  /** @throws RangeError if it is no part that is needed */
  takePart(from: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (this.#phase === 'stuck') return;
    this.#exchanging.take(this.#step, from, header, payload);
    this.#follow();
  }

  /** Takes no further part in the generation, and waits for the next. */
  stop(): void {
    this.#phase = 'stuck';
  }

  #follow(): void {
    while (this.#isRunning) {
      if (this.#isDue) {
        if (this.#step === this.#host.engine.steps || !this.#hasRoom()) return;
        this.#isDue = false;
        this.#exchanging.begin(this.#step);
      }
      if (!this.#exchanging.complete) return;
      this.#sums.push(this.#exchanging.sum());
      this.#step++;
      this.#isDue = true;
    }
  }

  #hasRoom(): boolean {
    const bytes = this.#sums[0]?.byteLength ?? 0;
    return bytes * this.#sums.length <= this.#keptBytes;
  }
}

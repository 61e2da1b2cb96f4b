// A worker that lacked its generation's state: it takes part in every exchange with nothing of its own and keeps the
// sums, while the state comes; then it takes the steps that the others have taken since, and says so. It can no more be
// a step ahead of the others than they of each other. Belongs to Worker, as Stepping is.
// Invariant: the kept sums are those from the engine's step to the one that is exchanged, once the state is there.
import type { FrameHeader, GenerationMessage } from '@lockstep/wire';
import type { Operation, RoleHost } from './border.js';
import type { Exchanging } from './exchanging.js';

/** Sums that are kept: a few seconds of a fast network. With more, the others wait for this worker. */
const KEPT_BYTES = 256 * 1024 * 1024;

export class Following {
  readonly #host: RoleHost;
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
  /** From when the state is there: so many may be kept, one less with every two steps that are taken. */
  #room = Number.POSITIVE_INFINITY;
  #isTold = false;

  constructor(
    host: RoleHost,
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
    if (this.#isLoaded && this.#sums.length === 0 && !this.#isTold) {
      this.#isTold = true;
      const { generation } = this.#plan;
      this.#host.send({ type: 'caught-up', generation, ...this.#host.held()! });
    }
    this.#follow();
    const step = this.#isLoaded ? this.#nextStep() : undefined;
    if (!step) return;
    this.#host.operate(step);
    this.#follow();
  }

  /** @throws ProtocolError if it is none that is needed */
  takeFrame(from: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (this.#phase === 'stuck') return;
    this.#exchanging.take(this.#step, from, header, payload);
    this.#follow();
  }

  /** A step that it has the sum for, when it is paused, unless there are many: then it is as well behind again. */
  nextOfFew(): Operation | undefined {
    return this.#isTold && this.#isLoaded ? this.#nextStep() : undefined;
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

  get #isLoaded(): boolean {
    const { step } = this.#host.engine;
    return step !== undefined && step >= this.#plan.step;
  }

  /** However slow it is, the sums become fewer: the others take one step while it takes two. */
  #nextStep(): Operation | undefined {
    this.#room = Math.min(this.#room, this.#sums.length);
    const sum = this.#sums.shift();
    if (!sum) return undefined;
    this.#room -= 0.5;
    return { type: 'replay', generation: this.#plan.generation, sum };
  }

  #hasRoom(): boolean {
    if (this.#isTold) return this.#sums.length === 0;
    if (this.#sums.length >= this.#room) return false;
    const bytes = this.#sums[0]?.byteLength ?? 0;
    return bytes * this.#sums.length <= this.#keptBytes;
  }
}

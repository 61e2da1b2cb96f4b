// Tells of threads that die while a run computes: who was lost, and when a step was committed again.
// Invariant: a `recovered` follows the first loss after a committed step, once, as soon as the next one is committed.
import type { LostThread } from '../computing/recovery.js';
import type { TrainEvent } from './events.js';
import { timeNow } from './run-report.js';

/** How often to look whether a step was committed after a loss. */
const RECOVERY_POLL_MS = 1;

export class LostThreads {
  readonly #step: () => number;
  readonly #tell: (event: TrainEvent) => void;
  #generation = 1;
  /** The first loss since the last committed step, and the poll that waits for the next one. */
  #loss: { readonly step: number; readonly noticed: number } | undefined;
  #poll: NodeJS.Timeout | undefined;

  /** @param step gives the committed one */
  constructor(step: () => number, tell: (event: TrainEvent) => void) {
    this.#step = step;
    this.#tell = tell;
  }

  note({ thread, reason }: LostThread): void {
    const noticed = performance.now();
    const step = this.#step();
    const generation = ++this.#generation;
    const name = `thread ${thread}`;
    const code = 'thread-lost';
    this.#tell({ event: 'worker-lost', time: timeNow(), name, code, reason, generation, step });
    // A loss may also be noticed after steps that end an earlier one.
    if (this.#loss && this.#loss.step < step) this.noteRecovery();
    this.#loss ??= { step, noticed };
    clearInterval(this.#poll);
    this.#poll = setInterval(() => {
      if (this.#step() > step) this.noteRecovery();
    }, RECOVERY_POLL_MS);
  }

  /** Ends a loss, if there was one: a step was committed since, or the evaluation that it cut short is done. */
  noteRecovery(): void {
    clearInterval(this.#poll);
    if (!this.#loss) return;
    const step = Math.min(this.#loss.step + 1, this.#step());
    const ms = Math.round(performance.now() - this.#loss.noticed);
    this.#loss = undefined;
    this.#tell({ event: 'recovered', time: timeNow(), step, ms });
  }

  close(): void {
    clearInterval(this.#poll);
  }
}

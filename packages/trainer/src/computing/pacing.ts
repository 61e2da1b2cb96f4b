// How many threads of a group compute, from the times of its steps: asks the run's choice, and tells what it decides.
// It decides nothing itself. Where nothing is to be chosen, all compute.
import { StepWindow } from './step-window.js';
import type { ThreadChange, ThreadChoice, ThreadChoosing } from './thread-choice.js';
import type { ThreadDeal } from './thread-deals.js';

export interface PacingOptions {
  readonly choosing?: ThreadChoosing | undefined;
  readonly onThreads?: ((change: ThreadChange) => void) | undefined;
}

export class Pacing {
  readonly #options: PacingOptions;
  #threads: number;
  #choice: ThreadChoice | undefined;
  #window: StepWindow | undefined;

  constructor(options: PacingOptions, deals: readonly ThreadDeal[]) {
    this.#options = options;
    this.#threads = deals[0]!.threads;
    this.begin(deals);
  }

  /** So many compute. */
  get threads(): number {
    return this.#threads;
  }

  /** Steps are others from here on. As many threads go on computing, or the next smaller number that there is a deal for. */
  begin(deals: readonly ThreadDeal[]): void {
    const { choosing } = this.#options;
    const numbers = deals.map(({ threads }) => threads);
    if (!choosing || numbers.length === 1) return;
    const first = numbers.find((threads) => threads <= this.#threads)!;
    this.#take(choosing.begin(numbers, first));
  }

  /** A step by a command of its own took so long. */
  noteStep(ms: number): void {
    const stepMs = this.#window?.note(ms);
    if (stepMs !== undefined) this.note(stepMs);
  }

  /** A window's steps took so long each. */
  note(stepMs: number): void {
    if (!this.#choice) return;
    this.#take(this.#choice.next(stepMs));
    const { change } = this.#choice;
    if (change) this.#options.onThreads?.(toTell(change));
  }

  #take(choice: ThreadChoice): void {
    const isOther = choice.threads !== this.#threads;
    this.#choice = choice;
    this.#threads = choice.threads;
    if (isOther || !this.#window) {
      this.#window = new StepWindow(this.#options.choosing!.window, this.#window?.last);
    }
  }
}

/** Three digits: more are noise. */
function toTell({ stepMs, beforeMs, ...numbers }: ThreadChange): ThreadChange {
  const short = (ms: number): number => Number(ms.toPrecision(3));
  return { ...numbers, stepMs: short(stepMs), beforeMs: short(beforeMs) };
}

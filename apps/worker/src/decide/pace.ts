// Where the time of a generation's steps went, and when to tell of it: after the first step, then a few times a
// second. Time is given, never read.

const REPORT_EVERY_MS = 200;

export interface MeanStep {
  /** Milliseconds a step. */
  readonly computeMs: number;
  readonly sendMs: number;
  readonly waitMs: number;
}

export class Pace {
  #steps = 0;
  #computeMs = 0;
  #sendMs = 0;
  #waitMs = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** The exchange's time is what was not spent computing: sending and waiting. */
  note(computeMs: number, exchangeMs: number, sendMs: number): void {
    this.#steps++;
    this.#computeMs += computeMs;
    this.#sendMs += sendMs;
    this.#waitMs += Math.max(0, exchangeMs - sendMs);
  }

  /** @returns the means since the last report, if one is due */
  report(now: number): MeanStep | undefined {
    if (this.#steps === 0 || now - this.#reportedAt < REPORT_EVERY_MS) return undefined;
    const mean = (total: number): number => total / this.#steps;
    const step = {
      computeMs: mean(this.#computeMs),
      sendMs: mean(this.#sendMs),
      waitMs: mean(this.#waitMs),
    };
    this.#steps = this.#computeMs = this.#sendMs = this.#waitMs = 0;
    this.#reportedAt = now;
    return step;
  }
}

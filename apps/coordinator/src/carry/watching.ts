// Who watches a run on a cluster, and may want it to end: callbacks, and the clock. What they answer is no part of the run.
import type { StepReport } from '@lockstep/core';
import { asksToStop, type RunPlan, type RunState, viewEpoch } from '@lockstep/core/internal';
import {
  Answers,
  type Evaluated,
  type Judging,
  type Standing,
  type WatchOptions,
} from '@lockstep/trainer';
import type { Asked } from '../decide/membership/state/phase.js';

/** What is done about it. */
export interface Watched {
  endSoon(why: Asked): void;
  /** A callback has failed, or answered what nobody understands. */
  fail(error: unknown): void;
}

export class Watching {
  readonly #watch: WatchOptions;
  readonly #judging: Judging;
  readonly #plan: RunPlan;
  readonly #watched: Watched;
  readonly #answers = new Answers();
  #timer: NodeJS.Timeout | undefined;
  /** The last step that was told. */
  #step: number | undefined;
  /** Steps are told one after the other, to one who may take their time. */
  #isTelling = false;

  constructor(watch: WatchOptions, judging: Judging, plan: RunPlan, watched: Watched) {
    this.#watch = watch;
    this.#judging = judging;
    this.#plan = plan;
    this.#watched = watched;
  }

  /** From now on time counts. */
  begin(): void {
    const { maxSeconds } = this.#judging.rule;
    if (maxSeconds === null) return;
    this.#timer = setTimeout(() => this.#watched.endSoon('time'), 1000 * maxSeconds);
  }

  /** Tells the newest step that anyone is known to have taken, if it was not told. */
  look(standing: () => Standing): void {
    const { onStep } = this.#watch;
    if (!onStep || this.#isTelling) return;
    const { step, loss } = standing();
    const before = this.#step;
    this.#step = step;
    // What the run went on from is no news.
    if (before === undefined || step <= before || loss === undefined) return;
    const epoch = Math.ceil(step / this.#plan.stepsPerEpoch);
    this.#isTelling = true;
    void this.#ask(onStep, { step, epoch, loss });
  }

  async #ask(onStep: NonNullable<WatchOptions['onStep']>, told: StepReport): Promise<void> {
    try {
      const isOver = asksToStop('coordinate', 'onStep', await onStep(told));
      this.#isTelling = false;
      if (isOver) this.#watched.endSoon('asked');
    } catch (error) {
      this.#watched.fail(error);
    }
  }

  /** An epoch whose state is saved. @param state gives it */
  async epoch(evaluated: Evaluated, state: () => RunState): Promise<void> {
    const { onEpoch } = this.#watch;
    const epoch = onEpoch && this.#judging.epoch(evaluated);
    if (!epoch) return;
    try {
      const answer = await this.#answers.to(onEpoch(viewEpoch(epoch, state)));
      if (asksToStop('coordinate', 'onEpoch', answer)) this.#watched.endSoon('asked');
    } catch (error) {
      this.#watched.fail(error);
    }
  }

  /** The run is stopped: it waits for no answer. */
  stop(): void {
    this.#answers.stop();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

// What a learning-rate schedule may be, as plain data: it travels in a run's configuration and comes
// back from JSON unchanged. Steps are optimizer steps and count from 0. No code here.

/** The base learning rate at every step. */
export interface ConstantSchedule {
  readonly kind: 'constant';
}

/** base × gamma^floor(step / every). */
export interface StepSchedule {
  readonly kind: 'step';
  readonly every: number;
  readonly gamma: number;
}

/** base × gamma^(step / every), falling smoothly between the multiples of `every`. */
export interface ExponentialSchedule {
  readonly kind: 'exponential';
  readonly every: number;
  readonly gamma: number;
}

/** Half a cosine wave from the base down to `minimum`, reached at step `steps` and kept. */
export interface CosineSchedule {
  readonly kind: 'cosine';
  readonly steps: number;
  readonly minimum: number;
}

/** A line from base × startFactor up to the base at step `steps`; then `next`, from its step 0. */
export interface WarmupSchedule {
  readonly kind: 'warmup';
  readonly steps: number;
  readonly startFactor: number;
  /** Absent: the base learning rate. */
  readonly next?: Schedule;
}

/** Up to `maximum`, then down to nearly nothing, both along half a cosine wave; then kept. */
export interface OneCycleSchedule {
  readonly kind: 'one-cycle';
  readonly steps: number;
  readonly warmFraction: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
  /** Absent: the optimizer's learning rate is the maximum. */
  readonly maximum?: number;
}

export type Schedule =
  | ConstantSchedule
  | StepSchedule
  | ExponentialSchedule
  | CosineSchedule
  | WarmupSchedule
  | OneCycleSchedule;

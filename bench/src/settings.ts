// How long and how often things are measured. Smoke settings only show that everything still works.

export interface Settings {
  readonly smoke: boolean;
  readonly rounds: number;
  /** Of a first timing, from which the length of a slice follows. */
  readonly probeSteps: number;
  /** A timed slice of one contender; ours are whole epochs. */
  readonly sliceSeconds: number;
  /** Of each contender, before the first round. */
  readonly warmSeconds: number;
  /** Between slices, so that the last one's spinning threads have gone to sleep. */
  readonly pauseMs: number;
}

export const FULL: Settings = {
  smoke: false,
  rounds: 7,
  probeSteps: 2,
  sliceSeconds: 0.5,
  warmSeconds: 1.5,
  pauseMs: 50,
};

export const SMOKE: Settings = {
  smoke: true,
  rounds: 1,
  probeSteps: 1,
  sliceSeconds: 0.005,
  warmSeconds: 0,
  pauseMs: 0,
};

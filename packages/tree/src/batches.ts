// The batches of an epoch, and which of them a step of a run learns from.

/** As many samples as a dataset can have; more would be no other batch. */
export const MAX_BATCH = 2 ** 32 - 1;

/** Batches of an epoch: the last one may be short. */
export interface BatchPlan {
  readonly samples: number;
  readonly batchSize: number;
  readonly dropLast: boolean;
}

/** The batch of one step. */
export interface Batch {
  readonly epoch: number;
  /** Position of its first sample in the epoch's order. */
  readonly first: number;
  readonly samples: number;
}

/** Steps of an epoch. */
export function stepsPerEpoch({ samples, batchSize, dropLast }: BatchPlan): number {
  return dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
}

/** Samples in the batch of step `index` of an epoch. */
export function batchLength({ samples, batchSize }: BatchPlan, index: number): number {
  return Math.min(batchSize, samples - index * batchSize);
}

/** The batch that step `step` of a run learns from. */
export function batchOf(plan: BatchPlan, step: number): Batch {
  const perEpoch = stepsPerEpoch(plan);
  const index = step % perEpoch;
  const epoch = (step - index) / perEpoch;
  return { epoch, first: index * plan.batchSize, samples: batchLength(plan, index) };
}

/** Samples that a run has seen when it has taken `step` steps. */
export function samplesSeen(plan: BatchPlan, step: number): number {
  const perEpoch = stepsPerEpoch(plan);
  const epochSamples = Math.min(plan.samples, perEpoch * plan.batchSize);
  return Math.floor(step / perEpoch) * epochSamples + (step % perEpoch) * plan.batchSize;
}

// Samples of where a run stands, joined: two that follow each other become one that covers the time of both. So a reader who is
// slow gets fewer and loses no time.
import type { LaneSample, Sample, Spent } from '../contract.js';

const STAGES = ['computing', 'sending', 'waiting', 'redoing', 'resting', 'evaluating'] as const;

export const NOTHING: Spent = {
  computing: 0,
  sending: 0,
  waiting: 0,
  redoing: 0,
  resting: 0,
  evaluating: 0,
};

/** @param later the one that follows */
export function joinSamples(earlier: Sample, later: Sample): Sample {
  return {
    ...later,
    ms: earlier.ms + later.ms,
    loss: later.loss ?? earlier.loss,
    gradientNorm: later.gradientNorm ?? earlier.gradientNorm,
    weightNorm: later.weightNorm ?? earlier.weightNorm,
    lanes: joinLanes(earlier.lanes, later.lanes),
  };
}

/** Of every lane that either has, the sums. */
function joinLanes(earlier: readonly LaneSample[], later: readonly LaneSample[]): LaneSample[] {
  const joined = new Map(earlier.map((lane) => [keyOf(lane), lane]));
  for (const lane of later) {
    const before = joined.get(keyOf(lane))?.spent ?? NOTHING;
    joined.set(keyOf(lane), { ...lane, spent: addSpent(before, lane.spent) });
  }
  return [...joined.values()];
}

function keyOf({ worker, thread }: LaneSample): string {
  return `${thread}/${worker}`;
}

export function addSpent(a: Spent, b: Spent): Spent {
  const sum = { ...a } as Record<(typeof STAGES)[number], number>;
  for (const stage of STAGES) sum[stage] += b[stage];
  return sum;
}

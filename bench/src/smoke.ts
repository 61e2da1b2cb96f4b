// What is left of the cases when only the working is to be shown: a few batches, and every peer once for each
// loss, since its program is the same in every case.
import type { TrainingCase } from './training-case.js';

const BATCHES = 4;
const LEARN_STEPS = 4;

export function cutDown(cases: readonly TrainingCase[]): TrainingCase[] {
  const shown = new Set<string>();
  const isNew = (name: string, training: TrainingCase): boolean => {
    // A thread count after @ makes no other program.
    const key = `${name.split('@')[0]} ${training.work.loss} ${training.work.optimizer} ${training.work.network}`;
    if (shown.has(key)) return false;
    shown.add(key);
    return true;
  };
  return cases.map(withFewSamples).map((training) => ({
    ...training,
    samples: BATCHES * training.work.batchSize,
    learnSteps: LEARN_STEPS,
    entries: training.entries.filter(
      ({ name }) => name.startsWith('lockstep') || isNew(name, training),
    ),
  }));
}

/** A network's step is long, and two samples show as well as 64 that it works. */
function withFewSamples(training: TrainingCase): TrainingCase {
  const { work } = training;
  return work.network === undefined ? training : { ...training, work: { ...work, batchSize: 2 } };
}

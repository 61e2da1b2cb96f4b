// How a run ended, in words for people. Messages come from files, so what would steer a terminal is not printed, and what is not
// of its kind is printed as it is.
import type { Ending, RunEndEvent } from '@lockstep/trainer';
import { plain } from './tensor-words.js';
import { formatCount } from './wording.js';

export const WHY_ENDED: Readonly<Record<RunEndEvent['stopped'], string>> = {
  epochs: 'with its last epoch',
  patience: 'by its patience',
  target: 'at its target',
  asked: 'as it was asked to',
  time: 'when its time was over',
};

/** `failed at step 7: …`; null where no end is on record. */
export function endingWords(ending: Ending | null): string {
  switch (ending?.event) {
    case 'run-end': {
      const { step, stopped, bestEpoch } = ending;
      const best = bestEpoch === null ? '' : `, best epoch ${counted(bestEpoch)}`;
      return `ended ${WHY_ENDED[stopped] ?? plain(String(stopped))}, at step ${formatCount(step)}${best}`;
    }
    case 'error': {
      const at = ending.step === undefined ? '' : ` at step ${counted(ending.step)}`;
      return `failed${at}: ${plain(String(ending.message))}`;
    }
    case 'interrupted': {
      const { step, saved, reason } = ending;
      const kept = saved === step ? 'which is saved' : `of which step ${counted(saved)} is saved`;
      return `stopped at step ${counted(step)}, ${kept}: ${plain(String(reason))}`;
    }
    default:
      return 'no end on record: it goes on, or was killed';
  }
}

function counted(value: unknown): string {
  return typeof value === 'number' ? formatCount(value) : plain(String(value));
}

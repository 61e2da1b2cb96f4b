// The weights hash: two runs are equal when theirs are, so it is there to be copied.
import { useState } from 'preact/hooks';
import { formatNumber } from '../shell/format.js';

interface WeightsHashProps {
  readonly hash: string;
  readonly step: number | null;
}

export function WeightsHash({ hash, step }: WeightsHashProps) {
  const [outcome, setOutcome] = useState('');
  const copy = (): void => {
    // Without a clipboard, as on a page that came by plain http from another machine, it can be marked and copied by hand.
    const copied = navigator.clipboard?.writeText(hash) ?? Promise.reject();
    copied.then(
      () => setOutcome('copied'),
      () => setOutcome('mark it to copy it'),
    );
  };
  return (
    <span class="hash">
      <code title={hash}>{hash}</code>
      {step !== null && <span class="quiet">step {formatNumber(step)}</span>}
      <button type="button" onClick={copy} aria-label="Copy the weights hash">
        Copy
      </button>
      <span role="status" class="quiet">
        {outcome}
      </span>
    </span>
  );
}

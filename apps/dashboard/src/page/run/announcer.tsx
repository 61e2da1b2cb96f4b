// Says now and then where the run stands, for those who are read to: not as often as it changes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber, formatShare } from '../shell/format.js';
import type { Summary } from './summary.js';

const EVERY_MS = 30_000;

export function Announcer({ summary }: { readonly summary: Summary }) {
  const latest = useRef(summary);
  latest.current = summary;
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setInterval(() => setSaid(sentence(latest.current)), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  // What it has come to is said at once.
  useEffect(() => setSaid(sentence(latest.current)), [summary.standing]);
  return (
    <p class="for-readers" aria-live="polite">
      {said}
    </p>
  );
}

export function sentence(summary: Summary): string {
  const { standing, reason, step, steps, loss, testAccuracy } = summary;
  const waits = standing === 'waiting' && reason !== null ? ` ${reason}` : '';
  const parts = [
    `${standing === 'open' ? 'no end on record' : standing}${waits}: step ${formatNumber(step)}${steps === null ? '' : ` of ${formatNumber(steps)}`}`,
    ...(loss === null ? [] : [`loss ${formatNumber(loss)}`]),
    ...(testAccuracy === null ? [] : [`test accuracy ${formatShare(testAccuracy)}`]),
  ];
  return `${parts.join(', ')}.`;
}

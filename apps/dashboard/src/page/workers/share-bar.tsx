// What a row's time went to, as one bar, and in words for those who do not see it.
import { formatShare } from '../shell/format.js';
import { KINDS } from '../store/lane-history.js';

export function ShareBar({ shares }: { readonly shares: readonly number[] }) {
  const words = KINDS.flatMap((kind, k) =>
    shares[k]! >= 0.0005 ? [`${kind} ${formatShare(shares[k]!)}`] : [],
  );
  return (
    <div
      class="share-bar"
      role="img"
      aria-label={words.join(', ') || 'nothing'}
      title={words.join(', ')}
    >
      {KINDS.map((kind, k) => (
        <span key={kind} class={`kind-${kind}`} style={{ width: `${100 * shares[k]!}%` }} />
      ))}
    </div>
  );
}

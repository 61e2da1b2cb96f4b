// What happened, the newest first.
import type { ClusterEvent } from '@lockstep/trainer';
import { useState } from 'preact/hooks';
import { kindOf, stepOf, wordsOf } from '../shell/event-words.js';
import { formatNumber, formatTime } from '../shell/format.js';

const FEW = 12;
/** More are not put into the page: the run's folder has them all. */
const MANY = 500;

export function EventLog({ events }: { readonly events: readonly ClusterEvent[] }) {
  const [isLong, setLong] = useState(false);
  const shown = events.slice(isLong ? -MANY : -FEW).reverse();
  return (
    <section class="card" aria-labelledby="events-title">
      <header>
        <h2 id="events-title">Events</h2>
        {events.length > FEW && (
          <button type="button" class="end" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
            {isLong ? 'Fewer' : `All ${formatNumber(Math.min(events.length, MANY))}`}
          </button>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="scrolls events" tabIndex={0} aria-label="Events, the newest first">
        <table>
          <thead class="for-readers">
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Step</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((event, i) => (
              <tr key={events.length - i} class={`event event-${kindOf(event)}`}>
                <td class="quiet">{formatTime(Date.parse(event.time))}</td>
                <td class="quiet number">{formatNumber(stepOf(event))}</td>
                <td>{wordsOf(event)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p class="quiet">Nothing yet.</p>}
      </section>
    </section>
  );
}

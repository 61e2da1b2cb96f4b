// How weights, gradients and activations of each layer are spread, and how that went on since this tab was first shown.
import { useState } from 'preact/hooks';
import type { Activity, LayerSpread } from '../brain/look-inside.js';
import { Scrolling } from '../drawing/scrolling.js';
import { formatNumber, formatShare } from '../shell/format.js';
import { SpreadChart } from './spread-chart.js';
import type { Column, SpreadHistory } from './spread-history.js';

interface SpreadsProps {
  readonly spreads: readonly LayerSpread[];
  readonly activity: Activity | undefined;
  readonly history: SpreadHistory;
}

/** Layers of a deep network that are shown before somebody asks for all. */
const MOST_SHOWN = 12;
const KINDS = ['weights', 'gradients', 'activations'] as const;
const TITLES = { weights: 'Weights', gradients: 'Gradients', activations: 'Activations' } as const;

export function SpreadsCard({ spreads, activity, history }: SpreadsProps) {
  const [isAll, setAll] = useState(false);
  const layers = layerNames(spreads, activity);
  const shown = isAll ? layers : layers.slice(0, MOST_SHOWN);
  const hasGradients = spreads.some(({ gradients }) => gradients !== undefined);
  const kinds = KINDS.filter((kind) => kind !== 'gradients' || hasGradients);
  return (
    <section class="card spreads-card wide">
      <header>
        <h2>How numbers are spread, by layer and over time</h2>
        <span class="quiet end">step → across, value ↑; at the right the newest</span>
      </header>
      <Scrolling label="Spreads, a table of pictures">
        <table class="spreads">
          <thead>
            <tr>
              <th scope="col">Layer</th>
              {kinds.map((kind) => (
                <th key={kind} scope="col">
                  {TITLES[kind]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((layer) => (
              <tr key={layer}>
                <th scope="row" class="mono">
                  {layer}
                </th>
                {kinds.map((kind) => (
                  <td key={kind}>
                    <Spread what={`${kind} of ${layer}`} columns={history.of(`${layer} ${kind}`)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {!hasGradients && (
        <p class="quiet">Nobody keeps gradients of this run: they are there while a run goes on.</p>
      )}
      {layers.length > MOST_SHOWN && (
        <button type="button" onClick={() => setAll(!isAll)}>
          {isAll ? `The first ${MOST_SHOWN} layers` : `All ${layers.length} layers`}
        </button>
      )}
    </section>
  );
}

/** Layers with parameters where they stand among those that give something: in the network's order. */
export function layerNames(
  spreads: readonly LayerSpread[],
  activity: Activity | undefined,
): string[] {
  const names = activity?.layers.map(({ layer }) => layer) ?? [];
  let at = 0;
  for (const { layer } of spreads) {
    const place = names.indexOf(layer);
    if (place >= 0) at = place + 1;
    else names.splice(at++, 0, layer);
  }
  return names;
}

interface SpreadProps {
  readonly what: string;
  readonly columns: readonly Column[];
}

function Spread({ what, columns }: SpreadProps) {
  const newest = columns.at(-1);
  if (!newest) return <span class="quiet">–</span>;
  const { low, high, mean, deviation, zeros, count } = newest.histogram;
  const zeroWords = zeros > 0 ? `, ${formatShare(zeros / count)} are 0` : '';
  const label = `${what} at step ${formatNumber(newest.step)}: mean ${formatNumber(mean)}, standard deviation ${formatNumber(deviation)}, nearly all from ${formatNumber(low)} to ${formatNumber(high)}${zeroWords}`;
  return (
    <figure class="spread">
      <SpreadChart columns={columns} label={label} />
      <figcaption>
        {formatNumber(mean)} ± {formatNumber(deviation)}
        {zeroWords}
      </figcaption>
    </figure>
  );
}

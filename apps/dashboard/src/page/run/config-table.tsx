// The configuration of the compared runs, those settings first in which they differ.
import { useState } from 'preact/hooks';
import { styleOf } from '../shell/run-style.js';
import { Swatch } from '../shell/swatch.js';
import type { PlacedRun } from './charts.js';
import { configRows, valueText } from './config-rows.js';

export function ConfigTable({ runs }: { readonly runs: readonly PlacedRun[] }) {
  const [sought, setSought] = useState('');
  const [isAll, setAll] = useState(true);
  const rows = configRows(runs.map(({ run }) => run.info.config)).filter(
    ({ name, differs }) =>
      name.toLowerCase().includes(sought.toLowerCase()) && (isAll || differs || runs.length === 1),
  );
  return (
    <section class="card config" aria-labelledby="config-title">
      <header>
        <h2 id="config-title">Configuration</h2>
        <span class="end config-choices">
          {runs.length > 1 && (
            <label>
              <input type="checkbox" checked={!isAll} onChange={() => setAll(!isAll)} /> only
              differences
            </label>
          )}
          <input
            type="text"
            placeholder="Find a setting"
            aria-label="Find a setting"
            value={sought}
            onInput={(event) => setSought(event.currentTarget.value)}
          />
        </span>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Settings">
        <table>
          {runs.length > 1 && (
            <thead>
              <tr>
                <th scope="col">Setting</th>
                {runs.map(({ run, place }) => (
                  <th scope="col" key={run.info.id}>
                    <Swatch style={styleOf(place)} /> {run.info.name}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.map(({ name, values, differs }) => (
              <tr key={name} class={differs ? 'differs' : ''}>
                <th scope="row">{name}</th>
                {values.map((value, i) => (
                  <td key={runs[i]?.run.info.id}>{valueText(value)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && (
          <p class="quiet">
            {sought === '' ? 'They differ in nothing.' : `No setting is called "${sought}".`}
          </p>
        )}
      </section>
    </section>
  );
}

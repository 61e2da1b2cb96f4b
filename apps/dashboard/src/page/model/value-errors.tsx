// Of a model that gives values: what it says against what is right, how large its errors are, and the worst of them.
import { useMemo, useState } from 'preact/hooks';
import type { ValueExamination } from '../brain/examine.js';
import type { HeldSamples } from '../brain/samples.js';
import type { ModelView } from '../brain/view.js';
import { SampleView } from '../drawing/sample-view.js';
import { formatNumber } from '../shell/format.js';
import { type Residuals, residualsOf, worstOf } from './residuals.js';
import { Scatter } from './scatter.js';

const MOST_SHOWN = 10;

interface ValueErrorsProps {
  readonly view: ModelView;
  readonly samples: HeldSamples;
  readonly examination: ValueExamination;
}

export function ValueErrors({ view, samples, examination }: ValueErrorsProps) {
  const [chosen, setChosen] = useState(0);
  const { names, count } = examination;
  const which = Math.min(chosen, names.length - 1);
  const residuals = useMemo(() => residualsOf(examination, which), [examination, which]);
  const { meanAbsolute, rootMeanSquare, r2 } = residuals;
  const size = samples.inputs.length / samples.count;
  return (
    <>
      <section class="card values-card">
        <header>
          <h2>What it says against what is right</h2>
          {names.length > 1 && (
            <label class="end">
              Value{' '}
              <select
                value={which}
                onChange={(event) => setChosen(Number(event.currentTarget.value))}
              >
                {names.map((name, i) => (
                  <option key={name} value={i}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </header>
        <p>
          {names[which]}, {formatNumber(count)} samples: errors of{' '}
          <strong>{formatNumber(meanAbsolute)}</strong> in the mean, root mean square{' '}
          {formatNumber(rootMeanSquare)}
          {r2 !== undefined && <>, R² {formatNumber(r2)}</>}
        </p>
        <Scatter residuals={residuals} name={names[which]!} />
        <p class="quiet">This model gives values, not classes, so there is no confusion matrix.</p>
      </section>
      <section class="card chosen-card">
        <header>
          <h2>The worst errors</h2>
        </header>
        <ul class="sample-rows">
          {worstOf(residuals, MOST_SHOWN).map((i) => (
            <li key={i}>
              <ValueError residuals={residuals} sample={i} />
              <SampleView
                view={view}
                inputs={samples.inputs.subarray(i * size, (i + 1) * size)}
                label={`sample ${i}`}
              />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function ValueError({
  residuals,
  sample,
}: {
  readonly residuals: Residuals;
  readonly sample: number;
}) {
  const [right, said] = [residuals.right[sample]!, residuals.said[sample]!];
  return (
    <p>
      <span class="bad">{formatNumber(said)}</span> is <strong>{formatNumber(right)}</strong>{' '}
      <span class="quiet">{`sample ${sample}, off by ${formatNumber(said - right)}`}</span>
    </p>
  );
}

// What the trained network looks like inside, and where it errs: of the newest model of a run, while it goes on and afterwards.
// Invariant: nothing is asked for, and nothing computed, while the tab is not shown.
import { useState } from 'preact/hooks';
import type { DatasetInfo } from '../../contract.js';
import { usualDataset } from '../brain/use-brain.js';
import { formatNumber, formatShare } from '../shell/format.js';
import type { TabProps } from '../shell/tab-props.js';
import { useRun } from '../store/store.js';
import { meansOf } from './confusion.js';
import { Examined } from './examined.js';
import { FirstLayerCard } from './first-layer.js';
import { LayersCard } from './layers.js';
import { SpreadsCard } from './spreads.js';
import { type Study, useStudy } from './use-study.js';

export function ModelTab(props: TabProps) {
  const { datasets } = props.run;
  const [name, setName] = useState<string>();
  const dataset = datasets.find((one) => one.name === name) ?? usualDataset(props.run);
  return (
    <div class="model-tab">
      {/* Another dataset is another look: it begins anew. */}
      <Inside key={`${props.run.id} ${dataset?.name}`} {...props} dataset={dataset}>
        {datasets.length > 1 && (
          <label>
            Samples{' '}
            <select value={dataset?.name} onChange={(event) => setName(event.currentTarget.value)}>
              {datasets.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name} ({formatNumber(one.samples)})
                </option>
              ))}
            </select>
          </label>
        )}
      </Inside>
    </div>
  );
}

interface InsideProps extends TabProps {
  readonly dataset: DatasetInfo | undefined;
  /** The choice of samples. */
  readonly children: preact.ComponentChildren;
}

function Inside({ run, source, store, dataset, children }: InsideProps) {
  const newest = useRun(store, run.id)?.modelStep;
  const { state, study, history } = useStudy(source, run, newest, dataset);
  if (state.is === 'loading') return <p class="quiet">Loading the model …</p>;
  if (state.is === 'absent') {
    return (
      <p class="note">
        {run.isLive
          ? 'There is no model yet: it is shown as soon as the run has one.'
          : 'This run has no model that can be shown.'}
      </p>
    );
  }
  if (state.is === 'failed') {
    return (
      <p class="failure">The model cannot be shown: {state.why}. Reload the page to try again.</p>
    );
  }
  const { view, step } = state.model;
  return (
    <>
      <header class="model-head">
        <p>
          <strong>{formatNumber(view.summary.parameters)}</strong> parameters, at step{' '}
          <strong class="model-step">{formatNumber(step)}</strong>
          <Score study={study} dataset={dataset} />
        </p>
        {children}
      </header>
      <div class="model-cards">
        <LayersCard view={view} activity={study.activity} />
        {study.firstLayer && <FirstLayerCard layer={study.firstLayer} activity={study.activity} />}
        <Examined {...{ view, study, dataset }} brain={state.model.brain} />
        {study.spreads && (
          <SpreadsCard {...{ spreads: study.spreads, activity: study.activity, history }} />
        )}
      </div>
    </>
  );
}

/** What the samples say of the model, in half a sentence. */
function Score({ study, dataset }: Pick<InsideProps, 'dataset'> & { readonly study: Study }) {
  const { examination } = study;
  if (examination?.kind !== 'classes' || !dataset) return null;
  const { accuracy, loss } = meansOf(examination);
  const of =
    examination.count < dataset.samples
      ? `the first ${formatNumber(examination.count)} of ${formatNumber(dataset.samples)} samples`
      : `all ${formatNumber(examination.count)} samples`;
  return (
    <>
      : <strong>{formatShare(accuracy)}</strong> right, loss {formatNumber(loss)}, on {of} of{' '}
      {dataset.name}
    </>
  );
}

// The network in a reader's hands: a digit drawn with the finger, a picture, a row of a table, a text that it goes on with.
// It runs in this page, on the model that is newest, while a run goes on and afterwards.
import { useRef, useState } from 'preact/hooks';
import type { HeldSamples } from '../brain/samples.js';
import { holdSamples, type LoadedModel, useModel, usualDataset } from '../brain/use-brain.js';
import { namedRow } from '../drawing/row-values.js';
import { formatNumber } from '../shell/format.js';
import type { TabProps } from '../shell/tab-props.js';
import { useRun } from '../store/store.js';
import { AnswerView } from './answer-view.js';
import { DrawingBoard } from './drawing-board.js';
import { type FormRow, fieldsOf, firstRow, rowOf } from './form-fields.js';
import { LayerStrips } from './layer-strips.js';
import { NetworkSees } from './network-sees.js';
import { NumbersForm, RowForm } from './row-form.js';
import { SampleChoice } from './sample-choice.js';
import { TextForm } from './text-form.js';
import { useAsked } from './use-asked.js';

export function TryTab(props: TabProps) {
  return <Trying key={props.run.id} {...props} />;
}

function Trying({ run, source, store }: TabProps) {
  const newest = useRun(store, run.id)?.modelStep;
  const [samples, setSamples] = useState<HeldSamples>();
  /** What a reader, or a sample, put into the form. */
  const [row, setRow] = useState<FormRow>();
  const isHeld = useRef(false);
  const dataset = usualDataset(run);
  /** What is going on with the model; a newer one waits for it. */
  const writing = useRef<Promise<void>>(Promise.resolve());
  const look = async ({ brain }: LoadedModel): Promise<void> => {
    if (dataset && !isHeld.current) {
      isHeld.current = true;
      setSamples(await holdSamples(brain, source, run.id, dataset));
    }
    await writing.current;
  };
  const state = useModel(source, run.id, newest, look);
  const model = state.is === 'loaded' ? state.model : undefined;
  const { asked, failure, ask } = useAsked(model);
  if (state.is === 'loading') return <p class="quiet">Loading the model …</p>;
  if (state.is === 'absent') {
    return (
      <p class="note">
        {run.isLive
          ? 'There is no model yet: it can be tried as soon as the run has one.'
          : 'This run has no model that can be tried.'}
      </p>
    );
  }
  if (state.is === 'failed') {
    return (
      <p class="failure">The model cannot be tried: {state.why}. Reload the page to try again.</p>
    );
  }
  const { view, step, brain } = state.model;
  const fields = fieldsOf(view.traits);
  const askSample = (sample: number): void => {
    if (fields && samples) setRow(rowOf(namedRow(view.traits, inputsOf(samples, sample))));
    ask(['askSample', sample]);
  };
  return (
    <div class={view.isLanguageModel ? 'try-tab writes' : 'try-tab'}>
      <div class="try-given">
        {view.picture && <DrawingBoard picture={view.picture} isDark={isDark(samples)} ask={ask} />}
        {!view.picture && fields && (
          <RowForm {...{ fields, setRow, ask }} row={row ?? firstRow(fields)} />
        )}
        {view.isLanguageModel && <TextForm brain={brain} going={writing} />}
        {!view.picture && !fields && !view.isLanguageModel && (
          <NumbersForm view={view} samples={samples} ask={ask} />
        )}
        {samples && dataset && <SampleChoice {...{ view, samples, dataset, askSample }} />}
      </div>
      <div class="try-answer">
        <p class="quiet">
          The model at step <span class="model-step">{formatNumber(step)}</span>
          {run.isLive && ', and newer ones as they come'}
        </p>
        {failure !== undefined && (
          <p class="failure" role="alert">
            {failure}
          </p>
        )}
        {asked && <NetworkSees view={view} inputs={asked.inputs} />}
        {(asked || !view.isLanguageModel) && <AnswerView answer={asked?.answer} />}
        {asked && <LayerStrips view={view} layers={asked.layers} />}
      </div>
    </div>
  );
}

function inputsOf({ inputs, count }: HeldSamples, sample: number): HeldSamples['inputs'] {
  const size = inputs.length / count;
  return inputs.subarray(sample * size, (sample + 1) * size);
}

/** Whether samples are light on dark, so that a drawing should be, too. */
function isDark(samples: HeldSamples | undefined): boolean {
  if (!(samples?.inputs instanceof Uint8Array)) return false;
  const seen = samples.inputs.subarray(0, 100_000);
  return seen.reduce((sum, value) => sum + value, 0) / seen.length < 100;
}

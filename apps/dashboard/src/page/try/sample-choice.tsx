// One of a dataset's samples, to be tried: by its number, or any.
import { useState } from 'preact/hooks';
import type { DatasetInfo } from '../../contract.js';
import type { HeldSamples } from '../brain/samples.js';
import type { ModelView } from '../brain/view.js';
import { targetValues } from '../drawing/row-values.js';
import { formatNumber } from '../shell/format.js';

interface SampleChoiceProps {
  readonly view: ModelView;
  readonly samples: HeldSamples;
  readonly dataset: DatasetInfo;
  readonly askSample: (sample: number) => void;
}

export function SampleChoice({ view, samples, dataset, askSample }: SampleChoiceProps) {
  const [chosen, setChosen] = useState<number>();
  const last = samples.count - 1;
  const choose = (sample: number): void => {
    setChosen(sample);
    askSample(sample);
  };
  return (
    <section class="card sample-choice">
      <header>
        <h2>Or a sample of {dataset.name}</h2>
      </header>
      <div class="board-tools">
        <label>
          Number{' '}
          <input
            type="number"
            min={0}
            max={last}
            step={1}
            value={chosen ?? ''}
            onInput={(event) => {
              const sample = event.currentTarget.valueAsNumber;
              if (Number.isInteger(sample) && sample >= 0 && sample <= last) choose(sample);
            }}
          />
        </label>
        <button type="button" onClick={() => choose(anyOf(samples.count))}>
          Any
        </button>
        <span class="quiet">of {formatNumber(samples.count)}</span>
      </div>
      {chosen !== undefined && <p>{rightOf(view, samples, chosen)}</p>}
    </section>
  );
}

/** Without a seed: a person asks, and nothing is computed with it. */
function anyOf(count: number): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return drawn % count;
}

/** Targets of a sample that are told. */
const MOST_TARGETS = 6;

function rightOf({ traits }: ModelView, { targets, count }: HeldSamples, sample: number): string {
  const width = targets.length / count;
  const own = targets.subarray(sample * width, (sample + 1) * width);
  if (targets instanceof Int32Array && width === 1) {
    return `Sample ${sample} is ${traits.classNames?.[own[0]!] ?? own[0]}.`;
  }
  if (targets instanceof Int32Array)
    return `Sample ${sample} has a label at each of ${width} positions.`;
  const shown = targetValues(traits, own)
    .slice(0, MOST_TARGETS)
    .map(({ column, value }) => (column === undefined ? String(value) : `${column} ${value}`));
  return `Sample ${sample}: right is ${shown.join(', ')}${width > MOST_TARGETS ? ', …' : ''}.`;
}

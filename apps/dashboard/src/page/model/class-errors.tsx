// Of a classifier: which class is taken for which, how much of each class is right, and the samples behind a cell.
import { useMemo, useState } from 'preact/hooks';
import type { ClassExamination } from '../brain/examine.js';
import type { HeldSamples } from '../brain/samples.js';
import { surpriseOf } from '../brain/surprise.js';
import type { ModelView } from '../brain/view.js';
import { pictureOf, SampleView } from '../drawing/sample-view.js';
import { formatNumber, formatShare } from '../shell/format.js';
import { type Choice, confusionOf, mistakesOf, nameOf, samplesOf } from './confusion.js';
import { ConfusionTable } from './confusion-table.js';

/** A table of more classes is too large to be read: the most frequent mistakes tell more. */
const MOST_CLASSES = 40;
const MOST_SAMPLES = 24;
const MOST_MISTAKES = 6;

interface ClassErrorsProps {
  readonly view: ModelView;
  readonly samples: HeldSamples;
  readonly examination: ClassExamination;
}

export function ClassErrors({ view, samples, examination }: ClassErrorsProps) {
  const [choice, setChoice] = useState<Choice>('wrong');
  const confusion = useMemo(() => confusionOf(examination), [examination]);
  const { names } = examination;
  const mistakes = mistakesOf(confusion, MOST_MISTAKES);
  return (
    <>
      <section class="card confusion-card">
        <header>
          <h2>What is taken for what</h2>
        </header>
        {confusion.classes <= MOST_CLASSES ? (
          <ConfusionTable {...{ confusion, names, choice, choose: setChoice }} />
        ) : (
          <p class="quiet">
            A table of {confusion.classes} classes would be too large to read; these are its most
            frequent mistakes.
          </p>
        )}
        {mistakes.length > 0 && (
          <ul class="mistakes" aria-label="Most frequent mistakes">
            {mistakes.map(({ right, said, count }) => (
              <li key={`${right} ${said}`}>
                <button type="button" onClick={() => setChoice({ right, said })}>
                  {nameOf(names, right)} said to be {nameOf(names, said)}: {count}
                </button>
              </li>
            ))}
          </ul>
        )}
      </section>
      <ChosenSamples {...{ view, samples, examination, choice }} reset={() => setChoice('wrong')} />
    </>
  );
}

interface ChosenProps extends ClassErrorsProps {
  readonly choice: Choice;
  readonly reset: () => void;
}

function ChosenSamples({ view, samples, examination, choice, reset }: ChosenProps) {
  const { names, right, said, sure, probability } = examination;
  const size = samples.inputs.length / samples.count;
  const shown = samplesOf(examination, choice, MOST_SAMPLES);
  const title =
    choice === 'wrong'
      ? 'The worst errors'
      : `${nameOf(names, choice.right)}, said to be ${nameOf(names, choice.said)}`;
  return (
    <section class="card chosen-card" aria-live="polite">
      <header>
        <h2>{title}</h2>
        {choice !== 'wrong' && (
          <button type="button" class="end" onClick={reset}>
            The worst errors
          </button>
        )}
      </header>
      {shown.length === 0 && (
        <p class="quiet">
          {choice === 'wrong'
            ? 'There is none: every sample is right.'
            : 'There is no such sample.'}
        </p>
      )}
      <ul class={pictureOf(view) ? 'sample-pictures' : 'sample-rows'}>
        {shown.map((i) => {
          const [is, says] = [nameOf(names, right[i]!), nameOf(names, said[i]!)];
          return (
            <li key={i} title={`Sample ${i}: loss ${formatNumber(surpriseOf(probability[i]!))}`}>
              <SampleView
                view={view}
                inputs={samples.inputs.subarray(i * size, (i + 1) * size)}
                label={`sample ${i}`}
              />
              <p>
                <span class={is === says ? 'good' : 'bad'}>{says}</span>{' '}
                <span class="quiet">{formatShare(sure[i]!)}</span>
              </p>
              {is !== says && (
                <p>
                  is <strong>{is}</strong> <span class="quiet">{formatShare(probability[i]!)}</span>
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

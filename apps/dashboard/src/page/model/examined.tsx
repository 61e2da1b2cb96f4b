// Where the model errs: what is shown depends on what it learnt, and where nothing can be shown a sentence says why.
import type { DatasetInfo } from '../../contract.js';
import type { BrainClient } from '../brain/brain-client.js';
import type { ModelView } from '../brain/view.js';
import { ClassErrors } from './class-errors.js';
import { PositionErrors } from './position-errors.js';
import type { Study } from './use-study.js';
import { ValueErrors } from './value-errors.js';

interface ExaminedProps {
  readonly view: ModelView;
  readonly study: Study;
  readonly dataset: DatasetInfo | undefined;
  readonly brain: BrainClient;
}

export function Examined({ view, study, dataset, brain }: ExaminedProps) {
  const { samples, examination } = study;
  if (samples === null) {
    return (
      <p class="note wide">
        {dataset
          ? `The samples of ${dataset.name} are not here, so activations and errors are not shown.`
          : 'This run has no dataset that can be asked for, so activations and errors are not shown.'}
      </p>
    );
  }
  if (!examination || !samples) return <p class="quiet wide">Asking the model about samples …</p>;
  switch (examination.kind) {
    case 'classes':
      return <ClassErrors {...{ view, samples, examination }} />;
    case 'values':
      return <ValueErrors {...{ view, samples, examination }} />;
    case 'positions':
      return <PositionErrors {...{ examination, brain }} />;
    case 'none':
      return <p class="note wide">{examination.why}</p>;
  }
}

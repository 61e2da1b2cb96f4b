// The sample that the network was asked about: what became of a drawing or a picture by the model's rule.
import type { Asked } from '../brain/brain.js';
import type { ModelView } from '../brain/view.js';
import { pictureOf, SampleView } from '../drawing/sample-view.js';

interface NetworkSeesProps {
  readonly view: ModelView;
  readonly inputs: Asked['inputs'];
}

export function NetworkSees({ view, inputs }: NetworkSeesProps) {
  if (!pictureOf(view)) return null;
  return (
    <figure class="network-sees">
      <SampleView view={view} inputs={inputs} label="The picture as the network gets it" />
      <figcaption class="quiet">as the network gets it</figcaption>
    </figure>
  );
}

// One sample of a dataset, as a person sees it: a picture, a text, or its numbers by name.
import { useCallback } from 'preact/hooks';
import type { ModelView } from '../brain/view.js';
import { samplePixels } from './colour-scale.js';
import { Pixels } from './pixel-canvas.js';
import { namedRow } from './row-values.js';

interface SampleViewProps {
  readonly view: ModelView;
  /** Of one sample, not divided. */
  readonly inputs: Uint8Array | Int32Array | Float32Array;
  readonly label: string;
}

/** Numbers of a sample that is neither picture nor text. */
const MOST_SHOWN = 8;

export function SampleView({ view, inputs, label }: SampleViewProps) {
  const size = pictureOf(view);
  if (size) return <SamplePicture inputs={inputs} label={label} {...size} />;
  const isPrepared = view.traits.preparation !== undefined;
  const values = namedRow(view.traits, isPrepared ? inputs : inputs.subarray(0, MOST_SHOWN));
  const shown = values.slice(0, MOST_SHOWN);
  const more = (isPrepared ? values.length : inputs.length) - shown.length;
  return (
    <dl class="sample-numbers" aria-label={label}>
      {shown.map(({ column, value }, i) => (
        <div key={i}>
          <dt>{column}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {more > 0 && (
        <div>
          <dt>and</dt>
          <dd>{more} more</dd>
        </div>
      )}
    </dl>
  );
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What samples are as pictures; undefined where they are none. */
export function pictureOf({ picture, traits }: ModelView): Size | undefined {
  if (picture) return picture;
  const [channels = 0, height = 0, width = 0] = traits.inputShape;
  const isPicture = traits.inputShape.length === 3 && (channels === 1 || channels === 3);
  return isPicture && height > 1 && width > 1 && !traits.preparation
    ? { channels, height, width }
    : undefined;
}

function SamplePicture({
  inputs,
  label,
  width,
  height,
  channels,
}: Size & Omit<SampleViewProps, 'view'>) {
  const pixels = useCallback(() => {
    const isBytes = inputs instanceof Uint8Array;
    const [least, most] = isBytes ? [0, 255] : endsOf(inputs);
    return samplePixels(inputs, channels, least, most);
  }, [inputs, channels]);
  return <Pixels width={width} height={height} pixels={pixels} label={label} />;
}

function endsOf(values: Int32Array | Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

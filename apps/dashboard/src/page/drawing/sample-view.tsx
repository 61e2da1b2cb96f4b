// One sample of a dataset, as a person sees it: a picture, a text, or its numbers by name.
import { useCallback } from 'preact/hooks';
import type { ModelView } from '../brain/view.js';
import { formatNumber } from '../shell/format.js';
import { samplePixels } from './colour-scale.js';
import { Pixels } from './pixel-canvas.js';
import { type RowValue, rowValues } from './row-values.js';

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
  const values = namedValues(view, inputs);
  const shown = values.slice(0, MOST_SHOWN);
  return (
    <dl class="sample-numbers" aria-label={label}>
      {shown.map(({ column, value }, i) => (
        <div key={i}>
          <dt>{column}</dt>
          <dd>{typeof value === 'string' ? value : formatNumber(value)}</dd>
        </div>
      ))}
      {values.length > MOST_SHOWN && (
        <div>
          <dt>and</dt>
          <dd>{values.length - MOST_SHOWN} more</dd>
        </div>
      )}
    </dl>
  );
}

/** As the row of a table has them, where the model knows one. */
function namedValues({ traits }: ModelView, inputs: SampleViewProps['inputs']): RowValue[] {
  const { preparation, inputNames } = traits;
  if (preparation) return rowValues(preparation, inputs);
  return Array.from(inputs, (value, i) => ({ column: inputNames?.[i] ?? `input ${i + 1}`, value }));
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

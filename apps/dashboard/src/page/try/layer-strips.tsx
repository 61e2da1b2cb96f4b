// What each layer gives for what is in front of the network, from input to answer: maps of convolutions as pictures, units as
// strips.
import { useMemo } from 'preact/hooks';
import type { LayerPicture } from '../brain/look-inside.js';
import type { ModelView } from '../brain/view.js';
import { scaleEnd } from '../drawing/colour-scale.js';
import { ScaleLegend, Tiles, WeightPicture } from '../drawing/pixel-canvas.js';
import { shapeWords } from '../drawing/words.js';
import { formatNumber } from '../shell/format.js';

interface LayerStripsProps {
  readonly view: ModelView;
  readonly layers: readonly LayerPicture[];
}

export function LayerStrips({ view, layers }: LayerStripsProps) {
  const { summary } = view;
  const operatorsOf = ({ layer, operator }: LayerPicture): string =>
    summary.layers.find(({ name }) => name === layer)?.operators.join(', ') ?? operator;
  return (
    <section class="card strips-card">
      <header>
        <h2>What each layer gives</h2>
        <span class="quiet end">each in its own scale, from below 0 to above</span>
      </header>
      <ol class="strips">
        {layers.map((layer) => (
          <li key={layer.layer}>
            <Strip layer={layer} operators={operatorsOf(layer)} />
          </li>
        ))}
      </ol>
    </section>
  );
}

interface StripProps {
  readonly layer: LayerPicture;
  readonly operators: string;
}

function Strip({ layer, operators }: StripProps) {
  const { values, maps, height, width, shape } = layer;
  const end = useMemo(() => scaleEnd(values), [values]);
  const all = shape.length === 3 ? shape[0]! : 1;
  const label = `${layer.layer}, ${operators}: ${shapeWords(shape)} numbers from −${formatNumber(end)} to ${formatNumber(end)}`;
  const kept = { height, width, channels: 1, end, label };
  return (
    <>
      <h3>
        <code>{layer.layer}</code> <span class="quiet">{`${operators}, ${shapeWords(shape)}`}</span>
      </h3>
      {maps > 1 ? (
        <Tiles values={values} count={maps} name={layer.layer} one="map" {...kept} />
      ) : (
        <div class={height > 16 ? 'strip tall' : 'strip'}>
          <WeightPicture values={values} {...kept} />
        </div>
      )}
      <ScaleLegend end={end} what={maps < all ? `the first ${maps} of ${all} maps` : ''} />
    </>
  );
}

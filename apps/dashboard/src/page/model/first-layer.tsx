// The weights that the inputs meet first, as what they look for: a picture a unit or a filter, or a table of unit by input.
import { useMemo } from 'preact/hooks';
import type { Activity, FirstLayer, WeightMatrix, WeightTiles } from '../brain/look-inside.js';
import { scaleEnd } from '../drawing/colour-scale.js';
import { ScaleLegend, Tiles, WeightPicture } from '../drawing/pixel-canvas.js';
import { formatNumber } from '../shell/format.js';

interface FirstLayerProps {
  readonly layer: FirstLayer;
  readonly activity: Activity | undefined;
}

export function FirstLayerCard({ layer, activity }: FirstLayerProps) {
  return (
    <section class="card first-layer-card">
      <header>
        <h2>What the first layer looks for</h2>
        {layer.kind !== 'none' && <code class="quiet end">{layer.name}</code>}
      </header>
      {layer.kind === 'none' && <p class="quiet">{layer.why}</p>}
      {layer.kind === 'tiles' && <WeightTilesView layer={layer} activity={activity} />}
      {layer.kind === 'matrix' && <WeightTable layer={layer} />}
    </section>
  );
}

interface WeightTilesProps {
  readonly layer: WeightTiles;
  readonly activity: Activity | undefined;
}

function WeightTilesView({ layer, activity }: WeightTilesProps) {
  const { values, count, total, height, width, channels, of, name } = layer;
  const end = useMemo(() => scaleEnd(values), [values]);
  const one = of === 'units' ? 'unit' : 'filter';
  const dead = activity?.layers.find(({ units }) => units !== undefined)?.units;
  const marked =
    dead?.count === total && dead.dead.length > 0
      ? { tiles: dead.dead, as: 'dead, it gives 0 for every sample' }
      : undefined;
  const label = `Weights of ${count} ${of} of ${name} as pictures of ${width} by ${height}; weights reach from −${formatNumber(end)} to ${formatNumber(end)}`;
  return (
    <>
      <Tiles {...{ values, count, height, width, channels, end, name, one, label, marked }} />
      {channels === 3 ? (
        <p class="quiet">
          Grey is no weight; brighter and darker are weights above and below 0 of red, green and
          blue.
        </p>
      ) : (
        <ScaleLegend end={end} what="weight" />
      )}
      {count < total && (
        <p class="quiet">
          The first {count} of {total} {of}.
        </p>
      )}
      {marked && <p class="quiet">A dashed frame marks a dead unit.</p>}
    </>
  );
}

function WeightTable({ layer }: { readonly layer: WeightMatrix }) {
  const { values, rows, columns, columnNames, name } = layer;
  const end = useMemo(() => scaleEnd(values), [values]);
  const label = `Weights of ${name}: ${rows} units down, ${columns} inputs across${columnNames ? ` (${columnNames.join(', ')})` : ''}; from −${formatNumber(end)} to ${formatNumber(end)}`;
  return (
    <>
      <div class="weight-matrix">
        <WeightPicture
          values={values}
          {...{ width: columns, height: rows, channels: 1, end, label }}
        />
        {columnNames && columns <= 24 && (
          <ol class="column-names" aria-hidden="true">
            {columnNames.map((column) => (
              <li key={column}>{column}</li>
            ))}
          </ol>
        )}
      </div>
      <p class="quiet">A row for each unit, a column for each input.</p>
      <ScaleLegend end={end} what="weight" />
    </>
  );
}

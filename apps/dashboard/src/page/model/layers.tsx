// The network as a list of its layers: what each computes, what comes out, how many parameters it has, and which of its units
// give nothing.
import type { Activity } from '../brain/look-inside.js';
import type { ModelView } from '../brain/view.js';
import { Scrolling } from '../drawing/scrolling.js';
import { shapeWords } from '../drawing/words.js';
import { formatNumber } from '../shell/format.js';

interface LayersProps {
  readonly view: ModelView;
  readonly activity: Activity | undefined;
}

export function LayersCard({ view, activity }: LayersProps) {
  const { summary } = view;
  const most = Math.max(1, ...summary.layers.map(({ parameters }) => parameters));
  return (
    <section class="card layers-card">
      <header>
        <h2>Layers</h2>
        {summary.inputShape && <span class="quiet">input {shapeWords(summary.inputShape)}</span>}
      </header>
      <Scrolling label="Layers, a table">
        <table>
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <th scope="col">Computes</th>
              <th scope="col">Output</th>
              <th scope="col" class="number">
                Parameters
              </th>
            </tr>
          </thead>
          <tbody>
            {summary.layers.map(({ name, operators, outputShape, parameters }, i) => (
              <tr key={i}>
                <th scope="row" class="mono">
                  {name ?? '·'}
                </th>
                <td>{operators.join(', ')}</td>
                <td class="mono">{shapeWords(outputShape)}</td>
                <td class="number">
                  {parameters > 0 && (
                    <>
                      <span class="meter" style={{ '--share': parameters / most }} />
                      {formatNumber(parameters)}
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {activity && <DeadUnits activity={activity} />}
    </section>
  );
}

/** Names of units that are listed for one layer. */
const MOST_NAMED = 24;

function DeadUnits({ activity }: { readonly activity: Activity }) {
  const relus = activity.layers.filter(({ units }) => units !== undefined);
  if (relus.length === 0) {
    return (
      <p class="quiet">
        No layer is a relu, so no unit can be dead: each gives something for every sample.
      </p>
    );
  }
  const dead = relus.filter(({ units }) => units!.dead.length > 0);
  const seen = `the ${formatNumber(activity.count)} samples that were looked at`;
  if (dead.length === 0) {
    return (
      <p class="dead-units good">No unit is dead: each gives more than 0 for some of {seen}.</p>
    );
  }
  return (
    <div class="dead-units">
      <p>
        <strong>Dead units</strong> give 0 for all of {seen}; those that do so for all training
        samples learn nothing:
      </p>
      <ul>
        {dead.map(({ layer, units }) => (
          <li key={layer}>
            {units!.dead.length} of {units!.count}:{' '}
            {units!.dead.slice(0, MOST_NAMED).map((unit) => (
              <code key={unit} class="unit-name">{`${layer} unit ${unit}`}</code>
            ))}
            {units!.dead.length > MOST_NAMED && ` and ${units!.dead.length - MOST_NAMED} more`}
          </li>
        ))}
      </ul>
    </div>
  );
}

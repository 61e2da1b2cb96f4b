// Which of several runs is looked at, and which are drawn into its charts.
import type { RunState } from '../store/run-state.js';
import { styleOf } from './run-style.js';
import { Swatch } from './swatch.js';

interface RunsProps {
  readonly runs: readonly RunState[];
  readonly shown: RunState | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly isHeard: boolean;
  readonly toggle: (id: string) => void;
  readonly show: (id: string) => void;
}

export function Runs({ runs, shown, hidden, isHeard, toggle, show }: RunsProps) {
  return (
    <nav class="runs" aria-label="Runs: the one that is looked at, and those that charts compare">
      {runs.map((run, place) => {
        const { id, name, isLive } = run.info;
        const isShown = run === shown;
        return (
          <span key={id} class={isShown ? 'run-choice is-shown' : 'run-choice'}>
            <label>
              <input
                type="checkbox"
                checked={isShown || !hidden.has(id)}
                disabled={isShown}
                onChange={() => toggle(id)}
                aria-label={`Compare ${name}`}
              />
              <Swatch style={styleOf(place)} />
            </label>
            <button type="button" aria-pressed={isShown} onClick={() => show(id)}>
              {name}
              {isLive && isHeard && <span class="live-dot" title="goes on" />}
            </button>
          </span>
        );
      })}
    </nav>
  );
}

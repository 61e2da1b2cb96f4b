// What threads and workers do: lanes over time, what their colours and marks mean, the same in numbers, and what happened in
// the time that is in sight.
import { useMemo, useState } from 'preact/hooks';
import type { Source } from '../../contract.js';
import { stepOf, wordsOf } from '../shell/event-words.js';
import { formatNumber, formatTime } from '../shell/format.js';
import { KINDS } from '../store/lane-history.js';
import type { RunState } from '../store/run-state.js';
import { Lanes } from './lanes.js';
import { type Mark, marksIn, marksOf } from './marks.js';
import { lanesIn, openAtFirst, rowsOf } from './rows.js';
import { framesIn } from './shares.js';
import { type Bounds, START, stretchOf, type TimeWindow, whole } from './window.js';
import { WorkerTable } from './worker-table.js';

export interface WorkersTabProps {
  readonly run: RunState;
  readonly source: Source;
  /** Whether somebody answers. */
  readonly isHeard: boolean;
}

export function WorkersTab({ run, source, isHeard }: WorkersTabProps) {
  const { frames } = run.lanes;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const marks = useMemo(() => marksOf(run.events), [run.events]);
  const bounds: Bounds = { first: frames[0]?.from ?? 0, last: frames.at(-1)?.to ?? 0 };
  const [moved, setWindow] = useState<TimeWindow | undefined>(undefined);
  // What is over is shown whole.
  const window = moved ?? (run.info.isLive ? START : whole(bounds));
  if (frames.length === 0) return <Nothing run={run} />;
  const stretch = stretchOf(window, bounds);
  const [first, end] = framesIn(frames, stretch.from, stretch.to);
  const lanes = lanesIn(frames.slice(first, Math.max(end, first + 1)));
  const open = openAtFirst(lanes);
  for (const worker of toggled) if (!open.delete(worker)) open.add(worker);
  const rows = rowsOf(lanes, open);
  const seen = marksIn(marks, stretch.from, stretch.to);
  const toggle = (worker: string): void => {
    const next = new Set(toggled);
    if (!next.delete(worker)) next.add(worker);
    setToggled(next);
  };
  return (
    <div class="workers">
      <section class="card" aria-labelledby="lanes-title">
        <header>
          <h2 id="lanes-title">What each does</h2>
          <KindLegend />
        </header>
        <Lanes {...{ frames, rows, open, toggle, bounds, window, setWindow }} marks={seen} />
      </section>
      <section class="card" aria-labelledby="numbers-title">
        <header>
          <h2 id="numbers-title">In numbers</h2>
          <span class="end quiet">
            {formatTime(stretch.from)} to {formatTime(stretch.to)}
          </span>
        </header>
        <WorkerTable {...{ run, source, isHeard, frames, rows, stretch }} />
      </section>
      <MarkList marks={seen} />
    </div>
  );
}

function Nothing({ run }: { readonly run: RunState }) {
  return (
    <p class="quiet">
      {run.info.isLive
        ? 'Lanes come with the first steps.'
        : `Nobody noted what the threads of ${run.info.name} did while it went on.`}
    </p>
  );
}

function KindLegend() {
  return (
    <ul class="kinds end">
      {KINDS.map((kind) => (
        <li key={kind}>
          <span class={`kind kind-${kind}`} aria-hidden="true" />
          {kind}
        </li>
      ))}
    </ul>
  );
}

/** More are counted. */
const MOST_MARKS = 40;

function MarkList({ marks }: { readonly marks: readonly Mark[] }) {
  const shown = marks.slice(-MOST_MARKS).reverse();
  return (
    <section class="card" aria-labelledby="marks-title">
      <header>
        <h2 id="marks-title">Events in sight</h2>
        {marks.length > MOST_MARKS && (
          <span class="end quiet">
            the last {MOST_MARKS} of {formatNumber(marks.length)}
          </span>
        )}
      </header>
      {shown.length === 0 ? (
        <p class="quiet">None in this stretch of time.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <ul class="marks" tabIndex={0} aria-labelledby="marks-title">
          {shown.map(({ at, style, event }) => (
            <li key={`${event.time} ${wordsOf(event)}`}>
              <span class="mark-sign" style={{ color: `var(${style.colour})` }} aria-hidden="true">
                {style.sign}
              </span>
              <span class="quiet">{formatTime(at, 100)}</span>
              <span class="quiet number">{formatNumber(stepOf(event))}</span>
              <span>{wordsOf(event)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

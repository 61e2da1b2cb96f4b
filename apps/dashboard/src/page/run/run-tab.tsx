// How a run goes, and how others went: where it stands, its curves, what happened, what it is made of.
import { useMemo, useState } from 'preact/hooks';
import type { Source } from '../../contract.js';
import { Chart } from '../chart/chart.js';
import type { EpochEnd } from '../chart/epoch-marks.js';
import type { View } from '../chart/lines.js';
import { useSetting } from '../shell/settings.js';
import type { RunState } from '../store/run-state.js';
import { Announcer } from './announcer.js';
import { type ChartOfRuns, chartsOf, type PlacedRun } from './charts.js';
import { ConfigTable } from './config-table.js';
import { EventLog } from './event-log.js';
import { StandingCard } from './standing.js';
import { summarize } from './summary.js';

export interface RunTabProps {
  readonly run: RunState;
  /** It and those that are compared with it. */
  readonly compared: readonly RunState[];
  /** A run's place among them gives its colour. */
  readonly all: readonly RunState[];
  readonly source: Source;
  /** Whether somebody answers: else it stands where it was last heard of. */
  readonly isHeard: boolean;
}

/** Of the slider: how much of a thousandth of an axis ago is kept. */
const SMOOTHINGS = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995] as const;

export function RunTab({ run, compared, all, source, isHeard }: RunTabProps) {
  const [smoothing, setSmoothing] = useSetting<number>('smoothing', [0.9, ...SMOOTHINGS]);
  const [isLog, setLog] = useSetting<boolean>('log', [false, true]);
  const [zoom, setZoom] = useState<View['zoom']>(null);
  const summary = summarize(run, isHeard);
  const placed: PlacedRun[] = compared.map((one) => ({ run: one, place: all.indexOf(one) }));
  const charts = chartsOf(placed);
  const view: View = { smoothing, isLog, zoom, lastStep: lastStepOf(charts) };
  const epochEnds = useMemo(() => epochEndsOf(run), [run.events]);
  return (
    <>
      <StandingCard {...{ run, summary, source, isHeard }} />
      <Announcer summary={summary} />
      <fieldset class="controls">
        <legend class="for-readers">How charts are drawn</legend>
        <label>
          Smoothing
          <input
            type="range"
            min="0"
            max={SMOOTHINGS.length - 1}
            value={(SMOOTHINGS as readonly number[]).indexOf(smoothing)}
            aria-valuetext={String(smoothing)}
            onInput={(event) => setSmoothing(SMOOTHINGS[event.currentTarget.valueAsNumber] ?? 0)}
          />
          <output>{smoothing}</output>
        </label>
        <label>
          <input type="checkbox" checked={isLog} onChange={() => setLog(!isLog)} />
          Logarithmic
        </label>
        {zoom === null ? (
          <span class="quiet hint">Drag over a chart to zoom</span>
        ) : (
          <button type="button" onClick={() => setZoom(null)}>
            Show all steps
          </button>
        )}
      </fieldset>
      <div class="charts">
        {charts.map((chart) => (
          <Chart key={chart.title} {...chart} {...{ epochEnds, view }} onZoom={setZoom} />
        ))}
      </div>
      {charts.length === 0 && <p class="quiet">Curves come with the first steps.</p>}
      <div class="two">
        <EventLog events={run.events} />
        <ConfigTable runs={placed} />
      </div>
    </>
  );
}

function lastStepOf(charts: readonly ChartOfRuns[]): number {
  const lasts = charts.flatMap(({ lines }) => lines.map(({ points }) => points.steps.at(-1) ?? 0));
  return Math.max(0, ...lasts);
}

function epochEndsOf({ events }: RunState): EpochEnd[] {
  return events.flatMap((event) =>
    event.event === 'epoch-end' ? [{ step: event.step, epoch: event.epoch }] : [],
  );
}

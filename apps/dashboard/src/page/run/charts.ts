// Which charts the runs have, and which lines: what a run did not measure has none, and a chart without lines is not there.
// Order: how good it is, then how it is learnt, then how fast.
import type { Line } from '../chart/lines.js';
import { type RunStyle, styleOf } from '../shell/run-style.js';
import type { RunState } from '../store/run-state.js';

export interface ChartOfRuns {
  readonly title: string;
  readonly unit?: string;
  readonly lines: readonly Line[];
}

/** A run with its place among all, which gives its colour. */
export interface PlacedRun {
  readonly run: RunState;
  readonly place: number;
}

const METRIC = 'epoch.metrics.';

export function chartsOf(runs: readonly PlacedRun[]): ChartOfRuns[] {
  const loss = lossUnit(runs);
  const unit = loss === undefined ? {} : { unit: loss };
  const charts: ChartOfRuns[] = [
    { title: 'Loss, each step', ...unit, lines: linesOf(runs, 'loss') },
    {
      title: 'Loss, each epoch',
      ...unit,
      lines: runs.flatMap((placed) => [
        ...lineOf(placed, 'epoch.trainLoss', label(runs, placed, 'training'), { isThin: true }),
        ...lineOf(placed, 'epoch.testLoss', label(runs, placed, 'test')),
      ]),
    },
    ...metricNames(runs).map((name) => ({
      title: titleOf(name),
      lines: linesOf(runs, METRIC + name),
    })),
    { title: 'Learning rate', lines: linesOf(runs, 'learningRate') },
    { title: 'Norm of the gradient', unit: 'L2', lines: linesOf(runs, 'gradientNorm') },
    { title: 'Norm of the weights', unit: 'L2', lines: linesOf(runs, 'weightNorm') },
    { title: 'Speed', unit: 'samples/s', lines: linesOf(runs, 'samplesPerSecond') },
  ];
  return charts.filter(({ lines }) => lines.length > 0);
}

/** Of all runs; the loss has charts of its own, and accuracy comes first. */
function metricNames(runs: readonly PlacedRun[]): string[] {
  const names = new Set(
    runs.flatMap(({ run }) => [...run.curves.keys()].filter((name) => name.startsWith(METRIC))),
  );
  return [...names]
    .map((name) => name.slice(METRIC.length))
    .filter((name) => name !== 'loss')
    .sort((a, b) => Number(b === 'accuracy') - Number(a === 'accuracy'));
}

function titleOf(metric: string): string {
  return metric.charAt(0).toUpperCase() + metric.slice(1);
}

/** Cross-entropies are told in nats; what others are depends on the data. */
function lossUnit(runs: readonly PlacedRun[]): string | undefined {
  const isInNats = runs.every(({ run: { info } }) =>
    Object.entries(info.config).some(
      ([name, value]) => /(?:^|\.)loss$/.test(name) && /cross-?entropy/i.test(String(value)),
    ),
  );
  return isInNats ? 'nats' : undefined;
}

function linesOf(runs: readonly PlacedRun[], curve: string): Line[] {
  return runs.flatMap((placed) => lineOf(placed, curve, label(runs, placed)));
}

/** One run's lines go by what they are, several runs' by the run. */
function label(runs: readonly PlacedRun[], { run }: PlacedRun, what?: string): string {
  if (runs.length === 1) return what ?? run.info.name;
  return what === undefined ? run.info.name : `${run.info.name}, ${what}`;
}

function lineOf(
  { run, place }: PlacedRun,
  name: string,
  label: string,
  { isThin = false } = {},
): Line[] {
  const points = run.curves.get(name);
  if (points === undefined || points.steps.length === 0) return [];
  const style: RunStyle = styleOf(place);
  const isByEpoch = name.startsWith('epoch.');
  const isNoisy = !isByEpoch && name !== 'learningRate';
  return [{ label, style, isThin, isByEpoch, isNoisy, points }];
}

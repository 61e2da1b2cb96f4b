// How numbers went over the epochs of a run, in one line each. Pure.
// Invariant: every shown number is a finite one, and no line is wider than it may be.
import type { EpochEndEvent } from '@lockstep/trainer';
import { cut } from './progress-line.js';
import type { Colors } from './screen.js';
import { formatLoss, formatPercent } from './wording.js';

const BLOCKS = '▁▂▃▄▅▆▇█';
const FLAT = '▄';
const MOST_CELLS = 40;
const GAP = '  ';

/** What is kept of an epoch's end: the numbers, and no matrix. */
export interface CurvePoint {
  readonly trainLoss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export function curvePoint({ trainLoss, metrics }: EpochEndEvent): CurvePoint {
  const numbers = Object.entries(metrics).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' ? [[name, value]] : [],
  );
  return { trainLoss, metrics: Object.fromEntries(numbers) };
}

/**
 * From the least value, ▁, to the largest, █. Of more values than cells each cell is the mean of its share.
 *
 * @param values finite, at least one
 * @param cells at least one
 */
export function sparkline(values: readonly number[], cells = MOST_CELLS): string {
  const means = meansOf(values, Math.min(cells, values.length));
  const least = Math.min(...means);
  // Halved before they are subtracted, so that the range of the largest numbers is finite, too.
  const range = Math.max(...means) / 2 - least / 2;
  const last = BLOCKS.length - 1;
  return means
    .map((mean) =>
      range === 0 ? FLAT : BLOCKS[Math.round(last * ((mean / 2 - least / 2) / range))],
    )
    .join('');
}

function meansOf(values: readonly number[], cells: number): number[] {
  return Array.from({ length: cells }, (_, cell) => {
    const first = Math.floor((cell * values.length) / cells);
    const share = values.slice(first, Math.floor(((cell + 1) * values.length) / cells));
    return share.reduce((sum, value) => sum + value / share.length, 0);
  });
}

/**
 * A line for the train loss and for each metric that is a single number: `train loss  █▅▃▂▁  0.3479 → 0.0600`.
 *
 * @returns none of a run of one epoch; what was no finite number once is left out
 */
export function curveLines(
  epochs: readonly CurvePoint[],
  columns: number,
  colors: Colors,
): string[] {
  if (epochs.length < 2) return [];
  const curves = curvesOf(epochs);
  const width = Math.max(0, ...curves.map(({ label }) => label.length));
  return curves.map(({ label, values, format }) => {
    const ends = `${format(values[0]!)} → ${format(values.at(-1)!)}`;
    const cells = Math.min(MOST_CELLS, columns - width - ends.length - 2 * GAP.length);
    if (cells < 2) return cut([label.padEnd(width), ends].join(GAP), columns);
    const line = sparkline(values, cells);
    return [colors.dim(label.padEnd(width)), colors.green(line), ends].join(GAP);
  });
}

interface Curve {
  readonly label: string;
  readonly values: readonly number[];
  readonly format: (value: number) => string;
}

function curvesOf(epochs: readonly CurvePoint[]): Curve[] {
  const names = Object.keys(epochs[0]!.metrics);
  const told: [label: string, values: readonly unknown[], name: string][] = [
    ['train loss', epochs.map(({ trainLoss }) => trainLoss), 'loss'],
    ...names.map((name): [string, unknown[], string] => [
      ...([labelOf(name), epochs.map(({ metrics }) => metrics[name]), name] as const),
    ]),
  ];
  return told.flatMap(([label, values, name]) =>
    isCurve(values) ? [{ label, values, format: formatOf(name) }] : [],
  );
}

function isCurve(values: readonly unknown[]): values is readonly number[] {
  return values.every((value) => Number.isFinite(value));
}

/** The test data's loss and accuracy have no name of their dataset. */
function labelOf(name: string): string {
  return name === 'loss' || name === 'accuracy' ? `test ${name}` : name;
}

function formatOf(name: string): (value: number) => string {
  return /(^|\.)accuracy$/.test(name) ? formatPercent : formatLoss;
}

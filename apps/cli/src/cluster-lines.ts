// Where a run on many machines stands, in a few lines: the run, what it waits for, and each worker's part.
// Pure: what is known and a width in, text out; no line is wider than it may be.
import type { WorkerStatus } from '@lockstep/coordinator';
import type { Progress } from '@lockstep/trainer';
import type { LostWorker } from './lost-workers.js';
import { cut, type LiveStyle, progressLine } from './progress-line.js';
import type { Colors } from './screen.js';
import { tableLines } from './table-lines.js';

/** What is needed of a ClusterRun, and who was lost a moment ago. */
export interface ClusterView {
  readonly workers: readonly WorkerStatus[];
  readonly waitsFor: string | undefined;
  readonly lost: readonly LostWorker[];
  progress(): Progress | undefined;
}

const MAX_ROWS = 8;
const INDENT = '  ';

export function clusterLines(view: ClusterView, columns: number, style: LiveStyle): string {
  const progress = view.progress();
  const lines = progress ? [progressLine(progress, columns, style)] : [];
  if (view.waitsFor !== undefined) lines.push(cut(view.waitsFor, columns));
  return [...lines, ...workerLines(view, columns, style.errColors)].join('\n');
}

interface Row {
  readonly name: string;
  readonly doing: string;
  readonly worker?: WorkerStatus;
}

/**
 * e.g.
 * `  worker    doing          ms/step  shards  threads  computing  sending  waiting`
 * `  desk-812  training          0.61  0-3           4       0.41     0.08     0.12`
 * `  lap-77    lost (silent)`
 */
function workerLines({ workers, lost }: ClusterView, columns: number, colors: Colors): string[] {
  const rows: Row[] = [
    ...workers.map((worker) => ({ name: worker.name, doing: doingOf(worker), worker })),
    ...lost.map(({ name, code, left }) => ({ name, doing: left ? 'left' : `lost (${code})` })),
  ];
  if (rows.length === 0) return [];
  const shown = rows.slice(0, MAX_ROWS);
  const [titles, ...lines] = tableOf(shown, columns - INDENT.length).map((line) => INDENT + line);
  const more = rows.length - shown.length;
  return [
    colors.dim(titles!),
    ...lines.map((line, row) => (shown[row]!.worker ? line : colors.dim(line))),
    ...(more > 0 ? [cut(`${INDENT}and ${more} more`, columns)] : []),
  ];
}

function tableOf(rows: readonly Row[], width: number): string[] {
  const of = (tell: (worker: WorkerStatus) => string): string[] =>
    rows.map(({ worker }) => (worker ? tell(worker) : ''));
  const ms = (
    title: string,
    worth: number,
    tell: (worker: WorkerStatus) => number | undefined,
  ) => ({
    ...{ title, worth, isNumeric: true },
    cells: of((worker) => tell(worker)?.toFixed(2) ?? ''),
  });
  return tableLines(
    [
      { title: 'worker', worth: 6, cells: rows.map(({ name }) => name) },
      { title: 'doing', worth: 5, cells: rows.map(({ doing }) => doing) },
      ms('ms/step', 4, stepMs),
      { title: 'shards', worth: 3, cells: of(shardsOf) },
      {
        ...{ title: 'threads', worth: 2, isNumeric: true },
        cells: of(({ threads }) => String(threads)),
      },
      ms('computing', 1, ({ computeMs }) => computeMs),
      ms('sending', 1, ({ sendMs }) => sendMs),
      ms('waiting', 1, ({ waitMs }) => waitMs),
    ],
    Math.max(width, 1),
  );
}

function doingOf({ doing, neededShards }: WorkerStatus): string {
  return neededShards === undefined ? doing : `${doing}: needs --shards ${neededShards}`;
}

function shardsOf({ shards }: WorkerStatus): string {
  if (!shards) return '';
  const { first, end } = shards;
  if (end <= first) return 'none';
  return end === first + 1 ? String(first) : `${first}-${end - 1}`;
}

/** All that a step takes it; undefined before it reported. */
function stepMs({ computeMs, sendMs, waitMs }: WorkerStatus): number | undefined {
  if (computeMs === undefined || sendMs === undefined || waitMs === undefined) return undefined;
  return computeMs + sendMs + waitMs;
}

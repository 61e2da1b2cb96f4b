// Where a run on many machines stands, in a few lines: the run, what it waits for, and each worker's part.
// Pure: what is known and a width in, text out; no line is wider than it may be.
import type { WorkerStatus } from '@lockstep/coordinator';
import type { Progress } from '@lockstep/trainer';
import { cut, progressLine } from './progress-line.js';
import type { Colors } from './screen.js';
import { plural } from './wording.js';

/** What is needed of a ClusterRun. */
export interface ClusterView {
  readonly workers: readonly WorkerStatus[];
  readonly waitsFor: string | undefined;
  progress(): Progress | undefined;
}

const MAX_WORKERS = 8;

export function clusterLines(run: ClusterView, columns: number, colors: Colors): string {
  const progress = run.progress();
  const { workers, waitsFor } = run;
  const lines = progress ? [progressLine(progress, columns, colors)] : [];
  if (waitsFor !== undefined) lines.push(cut(waitsFor, columns));
  lines.push(...workers.slice(0, MAX_WORKERS).map((worker) => cut(workerLine(worker), columns)));
  if (workers.length > MAX_WORKERS) lines.push(`  and ${workers.length - MAX_WORKERS} more`);
  return lines.join('\n');
}

/** e.g. `  desk-812  shards 0-3  4 threads  0.41 ms computing  0.08 sending  0.12 waiting` */
function workerLine(worker: WorkerStatus): string {
  const { name, threads, shards, neededShards, computeMs, sendMs, waitMs } = worker;
  const parts = [`  ${name}`];
  if (shards) {
    const none =
      neededShards === undefined ? 'no shards' : `no shards (needs --shards ${neededShards})`;
    parts.push(shards.end > shards.first ? `shards ${shards.first}-${shards.end - 1}` : none);
  }
  parts.push(plural(threads, 'thread'));
  if (computeMs !== undefined && sendMs !== undefined && waitMs !== undefined) {
    parts.push(
      `${computeMs.toFixed(2)} ms computing`,
      `${sendMs.toFixed(2)} sending`,
      `${waitMs.toFixed(2)} waiting`,
    );
  }
  return parts.join('  ');
}

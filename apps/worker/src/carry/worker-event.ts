// What a worker tells while it works: the objects that `for await` gives and `--json` prints, and where it stands,
// for a line on a terminal.

import type { WorkerNotice } from '../decide/border.js';
import type { FailedAttempt } from './coordinator-link.js';
import type { DatasetSource } from './dataset-cache.js';

/** What a worker tells of itself. */
export type WorkerEvent = { /** ISO 8601. */ readonly time: string } & WorkerReport;

export type WorkerReport =
  | WorkerNotice
  /** `attempt` counts from 1, since the coordinator was last there. */
  | { readonly event: 'dialling'; readonly url: string; readonly attempt: number }
  | ({ readonly event: 'not-connected' } & FailedAttempt)
  | { readonly event: 'connected'; readonly url: string; readonly run: string }
  /** The link is lost; it is dialled again. */
  | { readonly event: 'disconnected'; readonly code: string; readonly reason: string }
  | {
      readonly event: 'dataset';
      readonly name: string;
      /** What the run calls it: `train`, `test`, … */
      readonly part: string;
      readonly source: DatasetSource;
    }
  /** Another number of its threads computes from here on; milliseconds a step with these, and with those before. */
  | {
      readonly event: 'threads';
      readonly computing: number;
      readonly before: number;
      readonly of: number;
      readonly stepMs: number;
      readonly beforeMs: number;
    }
  /** What it does or waits for, in words, once that has lasted for a second. */
  | { readonly event: 'status'; readonly doing: string }
  /** It was told to go, before the run was over. */
  | { readonly event: 'left'; readonly reason: string }
  | { readonly event: 'run-end'; readonly step: number; readonly weightsHash: string };

/** Where a worker stands. */
export interface WorkerStatus {
  /** What it does or waits for, in words. */
  readonly doing: string;
  /** The run's name, once it is known. */
  readonly run: string | undefined;
  readonly generation: number;
  readonly members: number;
  /** Of the held state, and of the whole run. */
  readonly step: number | undefined;
  readonly steps: number | undefined;
  /** Mean milliseconds a step and the last batch's mean loss, as last reported; undefined before. */
  readonly pace:
    | {
        readonly computeMs: number;
        readonly sendMs: number;
        readonly waitMs: number;
        readonly loss: number;
      }
    | undefined;
}

/** What became of the run. */
export interface WorkResult {
  /** The last step, and its weights: a run that keeps its best epoch may give others. Undefined if this worker left before. */
  readonly finished: { readonly step: number; readonly weightsHash: string } | undefined;
  /** Why it ended, in words. */
  readonly reason: string;
}

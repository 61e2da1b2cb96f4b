// A case of training: one work, several contenders, and which of them are compared. Plain data; the measuring
// is in measure.ts. The numbers in `atLeast` are what the project promises on a machine with two cores.
import type { Launch } from './contender.js';
import type { DataKind } from './data-files.js';
import type { Kernels } from './kernels.js';
import type { Work } from './work.js';

export interface Entry {
  readonly name: string;
  readonly launch: Launch;
  readonly threads: number;
  /** Which of ours; undefined for a peer. */
  readonly kernels?: Kernels;
}

export interface Comparison {
  readonly ours: string;
  readonly kernels: Kernels;
  /** Of ours. */
  readonly threads: number;
  /** The fastest of these; those that are not there are passed over. */
  readonly theirs: readonly string[];
  /** What `theirs` are, in words. */
  readonly label: string;
  readonly atLeast?: number;
}

export interface TrainingCase {
  readonly name: string;
  readonly title: string;
  readonly work: Work;
  readonly data: DataKind;
  /** A multiple of the batch size; an epoch should take about half a second. */
  readonly samples: number;
  /** Steps after which losses are compared. */
  readonly learnSteps: number;
  readonly entries: readonly Entry[];
  readonly comparisons: readonly Comparison[];
}

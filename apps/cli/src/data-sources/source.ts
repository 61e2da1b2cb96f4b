// A way in which training data comes besides `--dataset`: a table, a folder of pictures. A source is a file of its own and a
// line in `list.ts`; `dataset-source.ts` asks it for the samples, and run.json remembers what it was asked for.
// Invariant: what a source was asked for is plain JSON under the names of its flags, with paths that are absolute, so that
// the same data is found again from another folder, and a flag of `--resume` can be compared with it.
import type { DatasetTraits } from '@lockstep/core';
import type { DatasetPair } from '@lockstep/data';
import type { Command } from 'commander';
import type { Given } from '../given.js';
import type { Screen } from '../screen.js';

type Json = string | number | boolean | null | readonly Json[];

/** What flags ask a source for: by the flags' names, what was not given left out or null. */
export interface SourceSpec {
  /** The source's own flag. */
  readonly source: string;
  readonly [flag: string]: Json | undefined;
}

export interface LoadContext {
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /**
   * What the network was trained on that is asked about the data or learns on from it; undefined where a new one is trained.
   */
  readonly trainedOn?: DatasetTraits | undefined;
  /** Whether all of the data is to be evaluated, because somebody named it for that; else it is cut as it was for training. */
  readonly isWhole?: boolean | undefined;
  /** Whether somebody gave a flag beside the data, rather than that it is the usual value or a run's. */
  readonly isGiven?: ((flag: string) => boolean) | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: each source knows its own flags; the list holds all of them
export interface DataSource<Flags extends object = any> {
  /** The flag that asks for it, as it is called in the parsed flags: `csv`. */
  readonly flag: keyof Flags & string;
  /** Adds that flag and those that go with it. */
  addOptions(command: Command): void;
  /** All flags that go with it, its own included. */
  readonly flags: readonly (keyof Flags & string)[];
  /** Those of them that say where it lies. */
  readonly places: readonly (keyof Flags & string)[];
  /**
   * What is asked for. The source's own flag is given.
   *
   * @throws UsageError if flags do not fit together
   */
  specOf(given: Given<Flags>): SourceSpec;
  /** What the dataset is called where nobody calls it otherwise. */
  nameOf(spec: SourceSpec): string;
  /**
   * @param spec what `specOf` gave, now or when run.json was written
   * @returns both parts; of data that is only evaluated, `test` counts
   * @throws UsageError or DataError if it is not there, damaged, or the spec of a file is none
   */
  load(spec: SourceSpec, context: LoadContext): Promise<DatasetPair>;
}

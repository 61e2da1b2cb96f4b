// What lies in a report's file for its page: types alone, for both sides.
import type { Message } from '../contract.js';

export interface EmbeddedModel {
  readonly run: string;
  readonly step: number;
  /** A model's file, gzipped, in base64. */
  readonly bytes: string;
}

/** The first samples of a dataset, as many as the report has room for. */
export interface EmbeddedSamples {
  /** Runs with the same data share it. */
  readonly runs: readonly string[];
  readonly dataset: string;
  /** Safetensors with `inputs` and `targets`, gzipped, in base64. */
  readonly bytes: string;
}

export interface EmbeddedReport {
  /** When it was made: ISO 8601. */
  readonly time: string;
  /** What a reader should know of what is not in it, in sentences. */
  readonly notes: readonly string[];
  /** `runs` first, then a `history` a run, and `model` where its model is there. */
  readonly messages: readonly Message[];
  readonly models: readonly EmbeddedModel[];
  readonly samples: readonly EmbeddedSamples[];
}

// The contract of an augmentation: plain data that says what is done to a training sample, and how that is done to a row
// of bytes or floats that lies in memory.
// Invariant: what comes of a sample is a function of (seed, epoch, sample, position in the list), of its own values and of
// nothing else, so it is the same on every thread and machine; only + − × ÷ and whole numbers reach a value.
import type { PhiloxSequence } from '../random/philox.js';

/** A sample's values where they lie, and room for as many. Made once and used for every sample. */
export interface Row {
  /** Of all rows; this one begins at `first`. */
  readonly values: Uint8Array | Float32Array;
  first: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** channels × height × width. */
  readonly size: number;
  /** What values are divided by before the network sees them. */
  readonly divisor: number;
  /** As long as a row. */
  readonly scratch: Uint8Array | Float32Array;
}

/** What a rule is held against before anything is augmented. */
export interface AugmentedSamples {
  readonly height: number;
  readonly width: number;
  readonly isBytes: boolean;
  readonly divisor: number;
}

export interface AugmentationRule<Config> {
  /** Whether samples must be pictures, [height, width] or [channels, height, width]. */
  readonly ofPictures: boolean;
  /** The number that says most of it: what stands behind its name where it is written in short, as `shift=2`. */
  readonly number: keyof Config & string;
  /** Numbers that have a default may be absent. @throws ConfigError naming what is wrong */
  read(options: object): Config;
  /** @returns why it is of no use to such samples, for the end of an error; undefined if it is */
  problem?(config: Config, samples: AugmentedSamples): string | undefined;
  /** @param random the numbers that are this sample's, from the first one on */
  apply(row: Row, config: Config, random: PhiloxSequence): void;
}

/** Copies the row into its scratch. */
export function keep({ values, first, size, scratch }: Row): void {
  for (let i = 0; i < size; i++) scratch[i] = values[first + i]!;
}

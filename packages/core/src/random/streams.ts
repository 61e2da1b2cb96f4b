// The stream numbers: what a random number is for. Together with the seed and an index (an epoch
// or a parameter) a stream addresses one sequence, so no two uses ever share numbers.
// A number here is part of every run's identity: never change one, never use one twice.

/** Stream numbers, each an unsigned 32-bit integer. */
export const STREAM = {
  /** Initial weights; the index is the parameter's position in the network. */
  initialize: 1,
  /** The order of the samples; the index is the epoch. */
  shuffle: 2,
  /** The cut of a dataset into training and validation samples; the index is 0. */
  split: 3,
  /** What a language model says next; the index is the token's place in the sequence. */
  generate: 4,
  /** Dropout: the base to which a layer's number (up to 65,535) is added; the index is the epoch. */
  dropout: 0x1_0000,
  /** Augmentation: the base to which a place in the list (up to 15) is added; the index is the epoch, the row the sample. */
  augment: 0x2_0000,
} as const;

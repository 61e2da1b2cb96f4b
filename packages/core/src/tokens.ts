// What whole numbers of a dataset are: tokens as inputs, and labels of positions.

/** The most different tokens that there may be. */
export const MAX_VOCABULARY = 0x7fff_ffff;

/** The label of a position that does not count: PyTorch's ignore_index. */
export const IGNORED = -100;

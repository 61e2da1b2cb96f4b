// Rows of a table [vocabulary, size] by whole numbers. A number outside of [0, vocabulary) has a row of zeros, and no place
// in a gradient.

export interface EmbeddingKernels {
  /** out [count, size] = table[tokens]; tokens [count] i32. */
  embedding: [
    'out: usize',
    'tokens: usize',
    'table: usize',
    'count: i32',
    'vocabulary: i32',
    'size: i32',
  ];
  /**
   * out [vocabulary, size]: for each token the sum of the rows of d [count, size] where it stands, in their order from the
   * first one; 0 where there is none. The number `skipped` counts as one outside.
   *
   * own: out itself; or another address, and then the sums are added to what is in out, and other rows are not touched
   * links: room for [vocabulary + count] i32
   */
  embeddingGrad: [
    'own: usize',
    'out: usize',
    'links: usize',
    'tokens: usize',
    'd: usize',
    'count: i32',
    'vocabulary: i32',
    'size: i32',
    'skipped: i32',
  ];
}

// Products of matrices.

export interface MatmulKernels {
  /**
   * out [batch, m, p] = A [m, k] B [k, p]: every element is one accumulator from +0 that takes
   * a[i, kk] * b[kk, j] for kk ascending, whatever tile computes it.
   *
   * a: element (i, kk) is a[i * aRowStride + kk * aColStride], so A may be transposed
   * b: [k, p] contiguous
   * aBatchStride, bBatchStride: from one matrix of the batch to the next; 0 reuses it
   * panels: b as packPanels leaves it, read instead of its full panels (then batch is 1); 0 for none
   */
  matmul: [
    'out: usize',
    'a: usize',
    'b: usize',
    'm: i32',
    'p: i32',
    'k: i32',
    'aRowStride: i32',
    'aColStride: i32',
    'batch: i32',
    'aBatchStride: i32',
    'bBatchStride: i32',
    'panels: usize',
  ];
  /**
   * out [d0, d1, d2, d3, m, p] = A [..., m, k] B [..., k, p], each product as matmul's: matrices are contiguous, and from
   * one to the next along an axis it is as many elements as the strides say; 0 reuses it.
   */
  matmulBroadcast: [
    'out: usize',
    'a: usize',
    'b: usize',
    'm: i32',
    'p: i32',
    'k: i32',
    'd0: i32',
    'd1: i32',
    'd2: i32',
    'd3: i32',
    'as0: i32',
    'as1: i32',
    'as2: i32',
    'as3: i32',
    'bs0: i32',
    'bs1: i32',
    'bs2: i32',
    'bs3: i32',
  ];
  /**
   * out [p div 8, k, 8]: the full panels of eight columns of b [k, p], each in one piece. A product with many
   * columns reads them in order, where the columns themselves would be a page apart.
   */
  packPanels: ['out: usize', 'b: usize', 'k: i32', 'p: i32'];
  /**
   * out [m, p] = Aᵀ D, from a [rows, m] and d [rows, p], rows ascending: the bits of `matmul`, and quicker for many rows.
   *
   * scratch: room for 256 (m + p + 10) floats
   */
  matmulTransposed: [
    'out: usize',
    'a: usize',
    'd: usize',
    'm: i32',
    'p: i32',
    'rows: i32',
    'scratch: usize',
  ];
  /**
   * The same of each of some shards, 1 to 1024 and a power of two, and those added along the tree over them, left + right:
   * the bits of a call for each and `addInto`.
   *
   * starts: [shards + 1] i32 ascending from 0, a shard's first sample; each sample is `rowsOfSample` rows of a and of d
   * scratch: room for m + p + 10 floats a row, and 320
   */
  treeMatmulTransposed: [
    'out: usize',
    'a: usize',
    'd: usize',
    'm: i32',
    'p: i32',
    'starts: usize',
    'shards: i32',
    'rowsOfSample: i32',
    'scratch: usize',
  ];
}

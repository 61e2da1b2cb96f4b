// Products by the non-zeros of a matrix of samples X [rows, width]. A list of `count` lines is starts
// [count + 1] i32, entry numbers, and entries, (i32 index, f32 value) pairs in ascending order.

export interface SparseKernels {
  /**
   * Lists the non-zeros of X = table[bytes], a line a row; table [256] f32 with table[0] = 0. Leaves in
   * columnStarts [width + 1] what `listColumns` goes on from. entries has room for `limit` pairs.
   *
   * Returns the number of entries, or -1 if a row might not have fit: then the lists are of no use.
   */
  compressBytes: [
    'rowStarts: usize',
    'entries: usize',
    'columnStarts: usize',
    'bytes: usize',
    'rows: i32',
    'width: i32',
    'table: usize',
    'limit: i32',
    '=> i32',
  ];
  /** The same for X = floats; -0 is a zero, NaN is none. */
  compressFloats: [
    'rowStarts: usize',
    'entries: usize',
    'columnStarts: usize',
    'floats: usize',
    'rows: i32',
    'width: i32',
    'limit: i32',
    '=> i32',
  ];
  /** The same non-zeros, a line a column; columnEntries needs room for as many pairs as there are. */
  listColumns: [
    'columnStarts: usize',
    'columnEntries: usize',
    'rowStarts: usize',
    'rowEntries: usize',
    'rows: i32',
    'width: i32',
  ];
  /**
   * out [count, p] = L b, with L the matrix of the list and b [.., p] read at the entries' indices. For finite
   * b the bits are those of `matmul` on the dense matrix.
   *
   * sums: out itself; or room for p floats, where sums are made before they are added to what is in out
   */
  sparseMatmul: [
    'sums: usize',
    'out: usize',
    'starts: usize',
    'entries: usize',
    'b: usize',
    'count: i32',
    'p: i32',
  ];
  /**
   * out [count, p] = L b, where lines are sums over shards' rows: of each line a sum over each shard's entries from +0, and
   * those added along the tree over the shards, left + right. For finite b the bits are those of `treeMatmulTransposed`.
   *
   * shardStarts: [1 + a power of two up to 1024] i32 ascending from 0, a shard's first index; no entry has one behind the last
   * scratch: room for 10 p floats
   */
  treeSparseMatmul: [
    'out: usize',
    'starts: usize',
    'entries: usize',
    'b: usize',
    'count: i32',
    'p: i32',
    'shardStarts: usize',
    'scratch: usize',
  ];
}

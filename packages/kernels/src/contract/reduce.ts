// Reductions along one axis, and over a whole vector.

/** [outer, len, inner] -> [outer, inner]. */
type Reduce = ['out: usize', 'a: usize', 'outer: i32', 'len: i32', 'inner: i32'];

export interface ReduceKernels {
  /** Sum over len; 0 for len 0. Sequential along len, or in eight lanes by j mod 8 when inner is 1. */
  sum: Reduce;
  /** Maximum over len; NaN if any is NaN, -inf for len 0. */
  max: Reduce;
  /** dx [outer, len, inner]: dy shared evenly among the elements of x that equal the maximum y, else 0. */
  maxGrad: [
    'out: usize',
    'dy: usize',
    'x: usize',
    'y: usize',
    'outer: i32',
    'len: i32',
    'inner: i32',
  ];
  /** Sum of g^2 over n, in float64. */
  sumSquares: ['g: usize', 'n: i32', '=> f64'];
  /** 1 if all n elements are finite, else 0. */
  allFinite: ['a: usize', 'n: i32', '=> i32'];
}

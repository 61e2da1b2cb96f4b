// Rows along one axis of a tensor [outer, length, inner] by numbers. A number that is no row, such as −100 or NaN, has a row of zeros,
// and no place in a gradient; of floats the fraction is cut off.

type Gather<From extends string> = [
  `${From extends 'x' ? 'out' : 'dx'}: usize`,
  `${From}: usize`,
  'indices: usize',
  'isFloat: i32',
  'outer: i32',
  'length: i32',
  'count: i32',
  'inner: i32',
  'step: i32',
];

export interface GatherKernels {
  /**
   * out [outer, count, inner] = x[o, indices[o · step + k]].
   *
   * isFloat: whether indices are f32, else i32
   * step: count where each of outer has its own numbers, 0 where all have the same
   */
  gather: Gather<'x'>;
  /** dx [outer, length, inner]: for each row the sum of the rows of d [outer, count, inner] that were taken of it, k ascending from 0. */
  gatherGrad: Gather<'d'>;
}

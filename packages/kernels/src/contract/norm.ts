// Normalisation. Of a shard: x [rows, channels, inner], each channel by itself. Of single rows: x [rows, groups, channels, inner],
// each group of each row by itself; with inner 1 the groups are stretches of a row, as layers norm. Weights and biases are one a
// channel; where their address is 0 they are 1 and 0. Sums go to eight lanes by j mod 8 within a stretch of inner (within a group, if
// inner is 1); those of stretches are added in float64 over a shard, in float32 otherwise.

type Shard = ['rows: i32', 'channels: i32', 'inner: i32'];
type Groups = ['rows: i32', 'groups: i32', 'channels: i32', 'inner: i32'];
type Affine = ['weight: usize', 'bias: usize'];

export interface NormKernels {
  /** out [channels]: the mean; 0 of no rows. */
  shardMean: ['out: usize', 'x: usize', ...Shard];
  /** out [channels]: the mean squared distance from the mean; 0 of no rows. */
  shardVariance: ['out: usize', 'x: usize', 'mean: usize', ...Shard];
  /** out = (x - mean) w / sqrt(variance + epsilon) + b, with mean, variance, w and b [channels]. */
  batchNorm: [
    'out: usize',
    'x: usize',
    'mean: usize',
    'variance: usize',
    ...Affine,
    ...Shard,
    'epsilon: f32',
  ];
  /** out [2, channels]: the sums of dy, and of dy (x - mean) / sqrt(variance + epsilon). */
  batchNormSums: [
    'out: usize',
    'dy: usize',
    'x: usize',
    'mean: usize',
    'variance: usize',
    ...Shard,
    'epsilon: f32',
  ];
  /**
   * dx of a mean and a variance that are x's own, with those sums: with n = rows inner and r = 1 / sqrt(variance + epsilon),
   * (dy - sums[0] / n - (x - mean) r sums[1] / n) w r. Where the address of sums is 0, dy w r.
   */
  batchNormGrad: [
    'dx: usize',
    'dy: usize',
    'x: usize',
    'mean: usize',
    'variance: usize',
    'weight: usize',
    'sums: usize',
    ...Shard,
    'epsilon: f32',
  ];
  /** out = (x - m) r w + b, stats [rows, groups, 2] = m and r = 1 / sqrt(variance + epsilon); m is 0 if centred is. */
  groupNorm: [
    'out: usize',
    'stats: usize',
    'x: usize',
    ...Affine,
    ...Groups,
    'epsilon: f32',
    'centred: i32',
  ];
  /** dx = (g - mean of g - (x - m) r² mean of g (x - m)) r, with g = dy w; the first mean is left out if centred is 0. */
  groupNormGrad: [
    'dx: usize',
    'dy: usize',
    'x: usize',
    'stats: usize',
    'weight: usize',
    ...Groups,
    'centred: i32',
  ];
  /** out [2, groups channels]: over rows and inner, the sums of dy, and of dy (x - m) r. */
  groupNormSums: ['out: usize', 'dy: usize', 'x: usize', 'stats: usize', ...Groups];
}

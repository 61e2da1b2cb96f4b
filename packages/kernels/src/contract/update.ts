// Means of gradients, and the optimizers' updates: from old state to new, or in place.

/**
 * p [n] and the optimizer's vectors, which lie `stride` bytes apart behind it, from old state to new at pOut. The
 * gradient is g' = (g + more) / count + weightDecay p (no decay where weightDecay is 0); more is the address of the last
 * addition to the gradient's sum, or 0 where g is the whole.
 *
 * The scalars are float32, one after another in memory; nesterov and first are 0 or 1.
 * Returns 1 if every new value is finite, else 0.
 */
type Update<Scalars extends string> = [
  'pOut: usize',
  'p: usize',
  'stride: u32',
  'g: usize',
  'more: usize',
  'n: i32',
  `scalars: ${Scalars}`,
  '=> i32',
];

export interface UpdateKernels {
  /** g = g / count; returns 1 if every result is finite, else 0. */
  average: ['g: usize', 'n: i32', 'count: f32', '=> i32'];
  /** a, with every subnormal made 0; NaN stays NaN. */
  flushSubnormals: ['a: usize', 'n: i32'];
  /** p - lr g' */
  sgd: Update<'count, lr, weightDecay'>;
  /**
   * v = first ? g' : momentum v + gain g' ; p - lr (nesterov ? g' + momentum v : v), with gain 1 - dampening.
   */
  momentum: Update<'count, lr, momentum, gain, weightDecay, nesterov, first'>;
  /**
   * m = beta1 m + (1 - beta1) g' ; v = beta2 v + (1 - beta2) g' g' ;
   * p decay - stepSize m / (sqrt(v) scale2 + eps).
   *
   * stepSize: lr / (1 - beta1^t)
   * scale2: 1 / sqrt(1 - beta2^t); PyTorch divides by the root, a rounding error apart and slower
   * decay: 1 for Adam, 1 - lr weightDecay for AdamW (whose weightDecay scalar is then 0)
   * Source: Kingma, Ba (2015); Loshchilov, Hutter (2019); order of operations as in PyTorch.
   */
  adam: Update<'count, stepSize, beta1, oneMinusBeta1, beta2, oneMinusBeta2, scale2, eps, weightDecay, decay'>;
  /** s = alpha s + (1 - alpha) g' g' ; p - lr g' / (sqrt(s) + eps). */
  rmsprop: Update<'count, lr, alpha, oneMinusAlpha, eps, weightDecay'>;
  /** As rmsprop with b = momentum b + g' / (sqrt(s) + eps) ; p - lr b. */
  rmspropMomentum: Update<'count, lr, alpha, oneMinusAlpha, eps, weightDecay, momentum'>;
}

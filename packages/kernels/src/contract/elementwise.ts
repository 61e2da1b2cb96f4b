// Functions of single elements, and their gradients.
// "Within N ulp" is the measured largest distance from the correctly rounded result, in units in the last
// place, over all 2^32 floats (scripts/accuracy.mjs).

/** out[i] from a[i]; n elements. */
export type Unary = ['out: usize', 'a: usize', 'n: i32'];

/** out[i] from dy[i] and the forward result y[i]; n elements. */
type GradOfOutput = ['out: usize', 'dy: usize', 'y: usize', 'n: i32'];

export interface ElementwiseKernels {
  /** out [n] = value */
  fill: ['out: usize', 'n: i32', 'value: f32'];
  /** -a */
  neg: Unary;
  /** e^a; within 1 ulp, subnormal results included. Inf above 88.7228, 0 below -103.9721. */
  exp: Unary;
  /** Natural logarithm; within 1 ulp. log(0) = -inf, NaN below zero. */
  log: Unary;
  /** Square root, correctly rounded. */
  sqrt: Unary;
  /** The error function; within 2 ulp. */
  erf: Unary;
  /** Hyperbolic tangent; within 1 ulp. */
  tanh: Unary;
  /** 1 / (1 + exp(-a)); within 2 ulp, exactly 0 or 1 far out. */
  sigmoid: Unary;
  /** max(a, 0); relu(NaN) = NaN */
  relu: Unary;
  /** a > 0 ? 1 : 0 */
  step: Unary;
  /**
   * a Phi(a), Phi the normal distribution function: the exact form, not the tanh one. Within 1 ulp,
   * negative a included (float64 inside); gelu(-inf) = -0, its limit.
   * Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016).
   */
  gelu: Unary;
  /** a > 0 ? a : slope a */
  leakyRelu: ['out: usize', 'a: usize', 'n: i32', 'slope: f32'];

  /** y > 0 ? dy : 0 */
  reluGrad: GradOfOutput;
  /** x > 0 ? dy : slope dy */
  leakyReluGrad: ['out: usize', 'dy: usize', 'x: usize', 'n: i32', 'slope: f32'];
  /** dy y (1 - y), y = sigmoid(x) */
  sigmoidGrad: GradOfOutput;
  /** dy (1 - y y), y = tanh(x) */
  tanhGrad: GradOfOutput;
  /**
   * dy (Phi(x) + x phi(x)). The slope is within 2 ulp (1e-9 absolute near its zero, x = -0.7518), and is
   * then multiplied by dy.
   */
  geluGrad: ['out: usize', 'dy: usize', 'x: usize', 'n: i32'];
  /**
   * max(x, 0) - x t + log(1 + exp(-|x|)): binary cross-entropy of logits x and targets t in [0, 1],
   * in nats. The logarithm by itself is within 2 ulp however large |x| is.
   */
  bceWithLogits: ['out: usize', 'x: usize', 't: usize', 'n: i32'];

  // In place.

  /** dst = dst + src */
  addInto: ['dst: usize', 'src: usize', 'n: i32'];
  /** g = g factor */
  scale: ['g: usize', 'n: i32', 'factor: f32'];
  /** g clamped to [-limit, limit]; NaN stays NaN. */
  clipValue: ['g: usize', 'n: i32', 'limit: f32'];
}

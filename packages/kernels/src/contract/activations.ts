// More functions of single elements, and their gradients, which take the forward input x. Accuracies as in elementwise.ts.
import type { Unary } from './elementwise.js';

/** out[i] from dy[i] and the forward input x[i]; n elements. */
type GradOfInput = ['out: usize', 'dy: usize', 'x: usize', 'n: i32'];
type GradOfTwo = ['out: usize', 'dy: usize', 'x: usize', 'n: i32', 'low: f32', 'high: f32'];

export interface ActivationKernels {
  /** |a| */
  abs: Unary;
  /** The sine of any float, within 1 ulp; NaN of what is not finite, and 0 of both zeros. */
  sin: Unary;
  /** The cosine of any float, within 1 ulp; NaN of what is not finite. */
  cos: Unary;
  /**
   * a^exponent for an exponent other than 0, within 1 ulp. Of a negative a only whole powers exist, others are NaN; 0 to a negative
   * power is inf.
   */
  pow: ['out: usize', 'a: usize', 'n: i32', 'exponent: f32'];
  /** a sigmoid(a); within 3 ulp above -87, below it to the last bit of sigmoid's subnormal numbers. */
  silu: Unary;
  /** a > 0 ? a : alpha (exp(a) - 1), the difference within 2 ulp. */
  elu: ['out: usize', 'a: usize', 'n: i32', 'alpha: f32'];
  /** log(1 + exp(beta a)) / beta, within 2 ulp of beta 1; a where beta a > threshold. */
  softplus: ['out: usize', 'a: usize', 'n: i32', 'beta: f32', 'threshold: f32'];
  /** a min(max(a + 3, 0), 6) / 6 */
  hardswish: Unary;
  /** min(max(a, low), high); NaN stays NaN. */
  clamp: ['out: usize', 'a: usize', 'n: i32', 'low: f32', 'high: f32'];
  /** condition != 0 ? a : b; n elements each. */
  where: ['out: usize', 'condition: usize', 'a: usize', 'b: usize', 'n: i32'];

  /** dy s (1 + x (1 - s)), s = sigmoid(x) */
  siluGrad: GradOfInput;
  /** x > 0 ? dy : dy alpha exp(x) */
  eluGrad: ['out: usize', 'dy: usize', 'x: usize', 'n: i32', 'alpha: f32'];
  /** dy sigmoid(beta x); dy where beta x > threshold. */
  softplusGrad: ['out: usize', 'dy: usize', 'x: usize', 'n: i32', 'beta: f32', 'threshold: f32'];
  /** 0 below -3, dy above 3, dy (x / 3 + 1/2) between. */
  hardswishGrad: GradOfInput;
  /** low <= x <= high ? dy : 0 */
  clampGrad: GradOfTwo;
  /** low < x < high ? dy : 0 */
  hardtanhGrad: GradOfTwo;
}

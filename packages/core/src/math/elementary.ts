// exp, log, sin, cos and integer powers in float64, the same bits on every engine: Math.exp and its kin are
// rounded differently by different engines, so none of them may reach a weight or a metric. Here are
// only + − × ÷ (no **), comparisons, rounding to integers and the bits of a double.
// For initialisers and schedules: correct to a unit or two in the last place, not tuned for speed.
// The float32 versions for tensors live in the kernels.
// Method: Cody, Waite, Software Manual for the Elementary Functions (1980): reduce the argument with a
// constant split into exact parts, then sum a series. Series are Taylor's: their coefficients are exact
// by construction, and the argument is small enough for the first dropped term not to matter.
import { reduceLargeAngle } from './large-angle.js';

// Literals, because engines may round ** as they like.
const TWO_32 = 0x1_0000_0000;
const TWO_54 = 0x40_0000_0000_0000;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** ln 2 = LN2_HIGH + LN2_LOW to 86 bits; LN2_HIGH has 32 bits, so k × LN2_HIGH is exact for |k| < 2^21. */
const LN2_HIGH = 2977044471 / TWO_32;
const LN2_LOW = 1.9082149292705877e-10;

/** π/2 in three parts, 119 bits; k × the first or second is exact for |k| < 2^20. */
const HALF_PI_HIGH = 6746518852 / TWO_32;
const HALF_PI_MIDDLE = 2242054355 / TWO_32 / (2 * TWO_32);
const HALF_PI_LOW = 2.0222662487959506e-21;
const TWO_OVER_PI = 0.6366197723675814;
const EXACT_ANGLES = 0x10_0000;

const EXP_OVERFLOW = 709.782712893384;
const EXP_UNDERFLOW = -745.1332191019412;

/** 1/n! for n = 3 … 13. |r| ≤ ln 2 / 2, so the first dropped term is below 2^-57. */
const EXP_SERIES = inverseFactorials(3, 13, 1, false);
/** 1/(2n + 1) for n = 1 … 11. s² ≤ 0.0295, so the first dropped term is below 2^-64. */
const ATANH_SERIES = Float64Array.from({ length: 11 }, (_, i) => 1 / (2 * i + 3));
/** 1/4!, −1/6!, … 1/20!. */
const COS_SERIES = inverseFactorials(4, 20, 2, true);
/** −1/3!, 1/5!, … −1/19!. */
const SIN_SERIES = inverseFactorials(3, 19, 2, true);

const bits = new DataView(new ArrayBuffer(8));

/**
 * base^n by repeated squaring.
 *
 * @param n an integer ≥ 0; not checked
 *
 * The relative error grows with n: at most about n × 2^-53, and no more than the result's own
 * sensitivity to the last bit of `base`.
 */
export function powInteger(base: number, n: number): number {
  let result = 1;
  let square = base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** e^x. Within 1 unit in the last place of the true value; overflows to Infinity, underflows to 0. */
export function exp(x: number): number {
  if (!(x <= EXP_OVERFLOW)) return x > EXP_OVERFLOW ? Number.POSITIVE_INFINITY : Number.NaN;
  if (x < EXP_UNDERFLOW) return 0;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  // What rounding took from r. exp(r + tail) = exp(r) + tail × exp(r), and exp(r) is near 1 + r.
  const tail = high - r - low;
  const series = r * r * (0.5 + r * polynomial(EXP_SERIES, r));
  return scale(1 + (r + (series + tail * (1 + r))), k);
}

/** The natural logarithm, within 1 unit in the last place; −Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < SMALLEST_NORMAL;
  bits.setFloat64(0, subnormal ? x * TWO_54 : x);
  const head = bits.getUint32(0);
  let e = (head >>> 20) - 1023 - (subnormal ? 54 : 0);
  bits.setUint32(0, (head & 0xf_ffff) | (1023 << 20));
  let m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    e += 1;
  }
  // ln m = 2 atanh(s) with s = f/(2 + f), written as f − s (f − 2 s² Σ): f is exact, and only the
  // small correction is rounded.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const correction = s * (f - 2 * z * polynomial(ATANH_SERIES, z));
  return e * LN2_HIGH + (f - (correction - e * LN2_LOW));
}

/** The cosine, within 1 unit in the last place; NaN of what is not finite. */
export function cos(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const { quarters, r, tail } = reduceAngle(x);
  switch (quarters) {
    case 0:
      return cosNearZero(r, tail);
    case 1:
      return -sinNearZero(r, tail);
    case 2:
      return -cosNearZero(r, tail);
    default:
      return sinNearZero(r, tail);
  }
}

/** The sine, within 1 unit in the last place; NaN of what is not finite. */
export function sin(x: number): number {
  if (!Number.isFinite(x)) return Number.NaN;
  if (x === 0) return x;
  const { quarters, r, tail } = reduceAngle(x);
  switch (quarters) {
    case 0:
      return sinNearZero(r, tail);
    case 1:
      return cosNearZero(r, tail);
    case 2:
      return -sinNearZero(r, tail);
    default:
      return -cosNearZero(r, tail);
  }
}

/** r + tail = x − k × π/2 with |r| ≤ π/4, and k mod 4. */
function reduceAngle(x: number): { quarters: number; r: number; tail: number } {
  if (Math.abs(x) >= EXACT_ANGLES) {
    const { quarters, r, tail } = reduceLargeAngle(Math.abs(x));
    return x > 0 ? { quarters, r, tail } : { quarters: -quarters & 3, r: -r, tail: -tail };
  }
  const k = Math.floor(x * TWO_OVER_PI + 0.5);
  const first = x - k * HALF_PI_HIGH;
  const second = k * HALF_PI_MIDDLE;
  const near = first - second;
  const rest = first - near - second - k * HALF_PI_LOW;
  const r = near + rest;
  // k mod 4, also of a negative k.
  return { quarters: k & 3, r, tail: near - r + rest };
}

/** cos(r + tail) for |r| ≤ π/4. */
function cosNearZero(r: number, tail: number): number {
  const z = r * r;
  const half = 0.5 * z;
  const head = 1 - half;
  return head + (1 - head - half + (z * z * polynomial(COS_SERIES, z) - r * tail));
}

/** sin(r + tail) for |r| ≤ π/4. */
function sinNearZero(r: number, tail: number): number {
  const z = r * r;
  return r + (r * z * polynomial(SIN_SERIES, z) + tail * (1 - 0.5 * z));
}

/** Σ coefficients[i] × x^i, by Horner's rule. */
function polynomial(coefficients: Float64Array, x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

/** x × 2^k for a normal x and |k| < 2000, in two exact factors, so that only a subnormal result rounds. */
function scale(x: number, k: number): number {
  const half = k >> 1;
  return x * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2^k for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** 1/first!, … 1/last! in steps; alternating ones begin with − when first is 3, with + when it is 4. */
function inverseFactorials(
  first: number,
  last: number,
  step: number,
  alternating: boolean,
): Float64Array {
  const terms: number[] = [];
  for (let n = first; n <= last; n += step) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    const negative = alternating && Math.floor(n / 2) % 2 === 1;
    terms.push((negative ? -1 : 1) / factorial);
  }
  return Float64Array.from(terms);
}

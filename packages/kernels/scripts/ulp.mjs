// How far the kernels' transcendental functions are from the correctly rounded float32, in units in the
// last place (ulp), against float64 oracles whose own error is below 1e-8 ulp of float32.
// Used by accuracy.mjs (every float) and by the unit tests (a sample and the edges).
// Oracles may use Math.exp and the like; kernels may not.

const SQRT_2 = Math.SQRT2;
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** erf for |x| <= 3: exp(-x^2) times a series of positive terms, so nothing cancels. */
function erfSeries(x) {
  const z = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); ++n) {
    term *= (2 * z) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-z) * sum;
}

/** erfc for x >= 1.5, by its continued fraction (Abramowitz, Stegun, 7.1.14), from the inside out. */
function erfcFraction(x) {
  let f = x;
  for (let n = Math.ceil(20 + 250 / (x * x)); n > 0; --n) f = x + n / 2 / f;
  return Math.exp(-x * x) / (f * Math.sqrt(Math.PI));
}

/** The error function in float64. */
export function erf(x) {
  const t = Math.abs(x);
  if (t < 1e-4) return TWO_OVER_SQRT_PI * (x - (x * x * x) / 3);
  if (t <= 3) return erfSeries(x);
  return Math.sign(x) * (t > 6 ? 1 : 1 - erfcFraction(t));
}

/** 1 - erf(x) in float64, with relative accuracy where it is small. */
export function erfc(x) {
  return x < 1.5 ? 1 - erf(x) : x > 27 ? 0 : erfcFraction(x);
}

function normalCdf(x) {
  return 0.5 * erfc(-x / SQRT_2);
}

/** gelu'(x) in float64. */
export function geluSlope(x) {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  return normalCdf(x) + (density === 0 ? 0 : x * density);
}

/** Of what is below zero there is none, and the kernels make no exception of -Infinity as IEEE 754 does. */
function fractionalPower(x, exponent) {
  return x < 0 ? Number.NaN : x ** exponent;
}

// `floats` says which bit patterns to try: 2^32 of them, or the half that matters.
const ALL = [0, 0xffffffff];
const POSITIVE = [0, 0x7fffffff];
const FINITE_NEGATIVE = [0x80000000, 0xff7fffff];

/** name -> float64 oracle, the kernel call, and the range of bit patterns. */
export const functions = {
  exp: { oracle: Math.exp, run: (k, out, x, n) => k.exp(out, x, n), floats: ALL },
  log: { oracle: Math.log, run: (k, out, x, n) => k.log(out, x, n), floats: ALL },
  tanh: { oracle: Math.tanh, run: (k, out, x, n) => k.tanh(out, x, n), floats: POSITIVE },
  erf: { oracle: erf, run: (k, out, x, n) => k.erf(out, x, n), floats: POSITIVE },
  sigmoid: {
    oracle: (x) => 1 / (1 + Math.exp(-x)),
    run: (k, out, x, n) => k.sigmoid(out, x, n),
    floats: ALL,
  },
  sin: { oracle: Math.sin, run: (k, out, x, n) => k.sin(out, x, n), floats: ALL },
  cos: { oracle: Math.cos, run: (k, out, x, n) => k.cos(out, x, n), floats: POSITIVE },
  // One of each kind of power: roots, whole ones of negative numbers too, and what is no fraction of two.
  cbrt: {
    oracle: (x) => fractionalPower(x, Math.fround(1 / 3)),
    run: (k, out, x, n) => k.pow(out, x, n, 1 / 3),
    floats: ALL,
  },
  power5: { oracle: (x) => x ** 5, run: (k, out, x, n) => k.pow(out, x, n, 5), floats: ALL },
  inversePower: {
    oracle: (x) => fractionalPower(x, -1.75),
    run: (k, out, x, n) => k.pow(out, x, n, -1.75),
    floats: ALL,
  },
  /** elu with alpha 1 of what is below zero. */
  expm1: {
    oracle: Math.expm1,
    run: (k, out, x, n) => k.elu(out, x, n, 1),
    floats: [0x80000000, 0xffffffff],
  },
  silu: {
    oracle: (x) => x / (1 + Math.exp(-x)),
    run: (k, out, x, n) => k.silu(out, x, n),
    // From −87 on: below, the sigmoid in it is subnormal.
    floats: [0, 0xc2ae0000],
  },
  softplus: {
    oracle: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    run: (k, out, x, n) => k.softplus(out, x, n, 1, 20),
    floats: ALL,
  },
  gelu: {
    oracle: (x) => (x < -40 ? -0 : x * normalCdf(x)),
    run: (k, out, x, n) => k.gelu(out, x, n),
    floats: ALL,
  },
  /** log(1 + exp(-|x|)): bceWithLogits of a finite x <= 0 with target 0 is that and nothing else. */
  log1pExp: {
    oracle: (x) => Math.log1p(Math.exp(x)),
    run: (k, out, x, n, zeros) => k.bceWithLogits(out, x, zeros, n),
    floats: FINITE_NEGATIVE,
  },
};

/** Bits to a number that is in order with the floats, both zeros being 0. */
function ordered(bits) {
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
}

/**
 * Tries every `stride`-th bit pattern from `first` to `last`.
 *
 * @param memory at least 1 MiB from heapBase on
 * @returns the largest error in ulp and where it is, and how many floats were tried; Infinity if
 *   kernel and oracle disagree about NaN
 */
export function measure(kernels, memory, heapBase, name, { first, last, stride }) {
  const { oracle, run } = functions[name];
  const CHUNK = 65536;
  const input = new Float32Array(memory.buffer, heapBase, CHUNK);
  const inputBits = new Uint32Array(memory.buffer, heapBase, CHUNK);
  const output = new Float32Array(memory.buffer, heapBase + 4 * CHUNK, CHUNK);
  const outputBits = new Int32Array(memory.buffer, heapBase + 4 * CHUNK, CHUNK);
  new Float32Array(memory.buffer, heapBase + 8 * CHUNK, CHUNK).fill(0);
  const right = new Float32Array(1);
  const rightBits = new Int32Array(right.buffer);
  let maxUlp = 0;
  let worst = Number.NaN;
  let inexact = 0;
  let tried = 0;
  for (let bits = first; bits <= last; ) {
    let n = 0;
    for (; n < CHUNK && bits <= last; bits += stride) inputBits[n++] = bits;
    run(kernels, output.byteOffset, input.byteOffset, n, heapBase + 8 * CHUNK);
    tried += n;
    for (let i = 0; i < n; ++i) {
      right[0] = oracle(input[i]);
      if (rightBits[0] === outputBits[i]) continue;
      const bothNaN = Number.isNaN(right[0]) && Number.isNaN(output[i]);
      const oneNaN = Number.isNaN(right[0]) !== Number.isNaN(output[i]);
      const ulp = bothNaN
        ? 0
        : oneNaN
          ? Number.POSITIVE_INFINITY
          : Math.abs(ordered(rightBits[0]) - ordered(outputBits[i]));
      if (ulp > 0) ++inexact;
      if (ulp > maxUlp) {
        maxUlp = ulp;
        worst = input[i];
      }
    }
  }
  return { maxUlp, worst, inexact, tried };
}

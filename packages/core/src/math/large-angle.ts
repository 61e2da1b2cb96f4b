// What is left of an angle too large for floating point, after whole quarter turns: in whole numbers of any length (BigInt),
// which are exact on every engine. Slow, and for rare arguments only.
// Method: Payne, Hanek, Radian Reduction for Trigonometric Functions (1983); π by Machin's formula.

/** 2^1024 × 2^-1200 is far below the last bit of any remainder of a double. */
const FRACTION = 1200n;
/** Bits of the remainder that are kept, of π / 2 too. */
const KEPT = 170n;
const KEPT_SCALE = 2 ** 85;

interface Constants {
  /** 2/π × 2^FRACTION */
  readonly twoOverPi: bigint;
  /** π/2 × 2^KEPT */
  readonly halfPi: bigint;
}

let constants: Constants | undefined;

/**
 * @param x finite and at least 1
 * @returns r + tail = x − quarters × π/2 with |r| ≤ π/4 and quarters in 0 … 3, which are those of x mod 2π
 */
export function reduceLargeAngle(x: number): { quarters: number; r: number; tail: number } {
  constants ??= makeConstants();
  const { mantissa, exponent } = parts(x);
  const product = mantissa * constants.twoOverPi;
  const turns = exponent >= 0n ? product << exponent : product >> -exponent;
  // Rounded to the nearest quarter.
  const quarters = (turns + (1n << (FRACTION - 1n))) >> FRACTION;
  const rest = (turns - (quarters << FRACTION)) >> (FRACTION - KEPT);
  const angle = (rest * constants.halfPi) >> KEPT;
  const high = Number(angle);
  const low = Number(angle - BigInt(high));
  return {
    quarters: Number(quarters & 3n),
    r: high / KEPT_SCALE / KEPT_SCALE,
    tail: low / KEPT_SCALE / KEPT_SCALE,
  };
}

/** x = mantissa × 2^exponent. */
function parts(x: number): { mantissa: bigint; exponent: bigint } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  return {
    mantissa: (word & 0xf_ffff_ffff_ffffn) | 0x10_0000_0000_0000n,
    exponent: (word >> 52n) - 1075n,
  };
}

function makeConstants(): Constants {
  const precision = FRACTION + 32n;
  // π = 16 atan(1/5) − 4 atan(1/239)
  const pi = 16n * inverseTangent(5n, precision) - 4n * inverseTangent(239n, precision);
  return {
    twoOverPi: (1n << (precision + FRACTION + 1n)) / pi,
    halfPi: pi >> (precision - KEPT + 1n),
  };
}

/** atan(1/n) × 2^precision, by its series. */
function inverseTangent(n: bigint, precision: bigint): bigint {
  let power = (1n << precision) / n;
  let sum = 0n;
  for (let i = 0n; power !== 0n; i++) {
    const term = power / (2n * i + 1n);
    sum += i % 2n === 0n ? term : -term;
    power /= n * n;
  }
  return sum;
}

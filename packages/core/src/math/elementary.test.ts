import { describe, expect, it } from 'vitest';
import { PhiloxSequence } from '../random/philox.js';
import { cos, exp, log, powInteger, sin } from './elementary.js';

/** The distance between two doubles, in units of the last place of `expected`. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const size = Math.abs(expected);
  const exponent = Math.max(Math.floor(Math.log2(size)), -1022);
  return Math.abs(actual - expected) / 2 ** (exponent - 52);
}

function worst(
  ours: (x: number) => number,
  theirs: (x: number) => number,
  arguments_: Iterable<number>,
): number {
  let largest = 0;
  for (const x of arguments_) {
    const distance = ulps(ours(x), theirs(x));
    if (!(distance <= largest)) largest = distance;
  }
  return largest;
}

function* uniform(count: number, low: number, high: number): Iterable<number> {
  const sequence = new PhiloxSequence(11, 99, 0);
  for (let i = 0; i < count; i++) yield low + (high - low) * sequence.nextDouble();
}

// Against 200-bit arithmetic (mpmath, 40,000 arguments each) the worst errors were 0.92 units for exp,
// 0.83 for log, 0.74 for cos. The engine's own functions may be a unit off as well, so two doubles
// around one true value can lie two units apart; Math.log2 above may pick the neighbouring binade.
const TWO_ULPS = 2;

describe('exp', () => {
  it('agrees with the engine over the whole range', () => {
    expect(worst(exp, Math.exp, uniform(20_000, -708, 709))).toBeLessThanOrEqual(TWO_ULPS);
    expect(worst(exp, Math.exp, uniform(20_000, -1, 1))).toBeLessThanOrEqual(TWO_ULPS);
  });

  it('rounds subnormal results once', () => {
    expect(worst(exp, Math.exp, uniform(5_000, -745, -708))).toBeLessThanOrEqual(TWO_ULPS);
  });

  it('knows the ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-0)).toBe(1);
    expect(exp(1)).toBe(Math.E);
    expect(exp(709.782712893384)).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(exp(709.79)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(-746)).toBe(0);
    expect(exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(Number.NaN)).toBeNaN();
  });
});

describe('log', () => {
  it('agrees with the engine near 1, in the unit interval and over all magnitudes', () => {
    expect(worst(log, Math.log, uniform(20_000, 0.5, 2))).toBeLessThanOrEqual(TWO_ULPS);
    expect(worst(log, Math.log, uniform(20_000, 0, 1))).toBeLessThanOrEqual(TWO_ULPS);
    const powers = Array.from(uniform(20_000, -1074, 1023), (e) => 2 ** e);
    expect(worst(log, Math.log, powers)).toBeLessThanOrEqual(TWO_ULPS);
  });

  it('knows the ends', () => {
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(log(5e-324)).toBe(-744.4400719213812);
    expect(log(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(log(-1)).toBeNaN();
    expect(log(Number.NaN)).toBeNaN();
    expect(log(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('cos', () => {
  it('agrees with the engine for small and for large arguments', () => {
    for (const limit of [1, 10, 1000, 1e6]) {
      expect(worst(cos, Math.cos, uniform(10_000, -limit, limit))).toBeLessThanOrEqual(TWO_ULPS);
    }
  });

  it('stays exact to the last place beside its zeros', () => {
    const zeros = Array.from({ length: 20_000 }, (_, k) => (k * Math.PI) / 2);
    expect(worst(cos, Math.cos, zeros)).toBeLessThanOrEqual(TWO_ULPS);
  });

  // Correctly rounded values, from 200-bit arithmetic, at arguments where the reduced argument's last
  // bits decide.
  it.each([
    [605075.7092917, 0.2491682528115979],
    [568985.0937363, 0.24999042389346293],
    [59104.8712433, 0.4950175139917355],
  ])('keeps what the reduction of %d rounded away', (x, expected) => {
    expect(cos(x)).toBe(expected);
  });

  it('is even, and 1 at 0 and −1 at π', () => {
    expect(cos(0)).toBe(1);
    expect(cos(Math.PI)).toBe(-1);
    for (const x of uniform(1_000, 0, 100)) expect(cos(-x)).toBe(cos(x));
  });

  it('reduces the largest angles exactly, and gives NaN of what is none', () => {
    const sizes = Array.from(uniform(2_000, 20, 1023.9), (e) => 2 ** e);
    expect(worst(cos, Math.cos, sizes)).toBeLessThanOrEqual(TWO_ULPS);
    expect(cos(-(2 ** 70))).toBe(cos(2 ** 70));
    for (const x of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
      expect(cos(x)).toBeNaN();
      expect(sin(x)).toBeNaN();
    }
  });
});

describe('sin', () => {
  it('agrees with the engine for small, large and the largest arguments', () => {
    for (const limit of [1e-3, 1, 10, 1000, 1e6, 1e7]) {
      expect(worst(sin, Math.sin, uniform(5_000, -limit, limit))).toBeLessThanOrEqual(TWO_ULPS);
    }
    const sizes = Array.from(uniform(2_000, -1000, 1023.9), (e) => -(2 ** e));
    expect(worst(sin, Math.sin, sizes)).toBeLessThanOrEqual(TWO_ULPS);
  });

  it('stays exact to the last place beside its zeros, and odd', () => {
    const zeros = Array.from({ length: 5_000 }, (_, k) => k * Math.PI);
    expect(worst(sin, Math.sin, zeros)).toBeLessThanOrEqual(TWO_ULPS);
    // Kahan's hardest double: 6381956970095103 × 2^797 is nearest to a multiple of π/2.
    expect(sin(6381956970095103 * 2 ** 797)).toBe(1);
    expect(cos(6381956970095103 * 2 ** 797)).toBe(-4.687165924254628e-19);
    for (const x of uniform(1_000, 0, 1e8)) expect(sin(-x)).toBe(-sin(x));
    expect([sin(0), sin(-0)]).toEqual([0, -0]);
  });
});

describe('powInteger', () => {
  it('is exact where the power is', () => {
    expect(powInteger(3, 0)).toBe(1);
    expect(powInteger(3, 30)).toBe(205891132094649);
    expect(powInteger(0.5, 1074)).toBe(5e-324);
    expect(powInteger(-2, 31)).toBe(-(2 ** 31));
    expect(powInteger(2, 1024)).toBe(Number.POSITIVE_INFINITY);
    expect(powInteger(0, 0)).toBe(1);
  });

  it('stays within n roundings of the true power', () => {
    for (const base of [0.9, 0.999, 1.0001]) {
      for (let n = 1; n < 5_000; n += 7) {
        // n × 2^-53 is the bound of repeated multiplication; 2 more for the engine's own power.
        const bound = (n + 2) * 2 ** -53;
        expect(Math.abs(powInteger(base, n) / base ** n - 1)).toBeLessThanOrEqual(bound);
      }
    }
  });
});

describe('all of them', () => {
  // The same literals must come out on every engine and every processor.
  it('keep these bits', () => {
    expect([exp(-0.3), exp(123.456), log(0.3), log(1e5 + 0.1), cos(0.7), cos(-98765.4)]).toEqual([
      0.7408182206817179, 4.132944352778106e53, -1.2039728043259361, 11.512926464969729,
      0.7648421872844885, 0.9999484237652397,
    ]);
    expect(powInteger(0.999, 12345)).toBe(0.00000432466179602611);
  });
});

// Powers by one number: which exponents there are.
import { expect, test } from 'vitest';
import { pow } from './powers.js';
import { traceModel } from './trace.js';

test('an exponent from 2^24 on is refused, since float32 has no odd ones there, and one below is taken', () => {
  const of = (exponent: number) => () => traceModel((x) => pow(x, exponent), [2]);
  for (const exponent of [2 ** 24, -(2 ** 24), 1e30]) {
    expect(of(exponent)).toThrow(/pow: the exponent is -?\d.* expected one nearer to 0 than 2\^24/);
  }
  for (const exponent of [2 ** 24 - 1, 1 - 2 ** 24]) expect(of(exponent)).not.toThrow();
});

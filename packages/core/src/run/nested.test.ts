// Parameters in lists in lists: shapes are seen, and what is ragged or no number is refused with its path.
import { describe, expect, test } from 'vitest';
import { fit } from '../fit.js';
import { linear } from '../layers/linear.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { sgd } from '../optimizers/sgd.js';
import { nestedOf, parametersOf } from './nested.js';

describe('parametersOf', () => {
  test('sees shapes', () => {
    const parameters = parametersOf({
      '0.weight': [[0.25, 0.75]],
      '0.bias': [1],
      scale: 2,
      filter: [[[[1, 2]], [[3, 4]]]],
      rows: [Float32Array.of(1, 2), Float64Array.of(3, 4)],
    });
    expect(Object.fromEntries(parameters)).toEqual({
      '0.weight': { shape: [1, 2], data: Float32Array.of(0.25, 0.75) },
      '0.bias': { shape: [1], data: Float32Array.of(1) },
      scale: { shape: [], data: Float32Array.of(2) },
      filter: { shape: [1, 2, 1, 2], data: Float32Array.of(1, 2, 3, 4) },
      rows: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    });
    expect(nestedOf(Float32Array.of(1, 2, 3, 4), [1, 2, 1, 2])).toEqual([[[[1, 2]], [[3, 4]]]]);
  });

  test('takes what has a shape, and gives what fit takes', () => {
    const bias = { shape: [1], data: [3] };
    const parameters = parametersOf(
      new Map<string, number[][] | typeof bias>([
        ['weight', [[1, 2]]],
        ['bias', bias],
      ]),
    );
    expect(parametersOf(parameters)).toEqual(parameters);
    const data = {
      ...{ name: 'one', samples: 1, inputs: [1, 1], inputShape: [2], inputDivisor: 1 },
      ...{ targets: [6], targetShape: [1], classes: undefined },
    };
    const options = { model: linear(2, 1), loss: meanSquaredError(), optimizer: sgd() };
    const learnt = fit({ ...options, data, parameters });
    expect(learnt.parameters).toEqual(parameters);
  });

  test.each<[unknown, string | RegExp]>([
    [[[1, 2], [3]], 'parametersOf: "w"[1] is a list of 1, expected a list of 2, as "w"[0] is'],
    [
      [
        [[1], [2]],
        [[3], 4],
      ],
      /"w"\[1\]\[1\] is 4, expected a list of 1, as "w"\[1\]\[0\] is/,
    ],
    [[[1, 2], 3], /"w"\[1\] is 3, expected a list of 2/],
    [[1, [2]], /"w"\[1\] is a list of 1, expected a finite number/],
    [[[1, 'a']], /"w"\[0\]\[1\] is the text "a", expected a finite number/],
    [[[1, Number.NaN]], /"w"\[0\]\[1\] is NaN, expected a finite number/],
    [[[1, null]], /"w"\[0\]\[1\] is null/],
    [[], /"w" is an empty list/],
    [[[]], /"w"\[0\] is an empty list/],
    [[[[[[[[1]]]]]]], /"w"\[0\]\[0\]\[0\]\[0\]\[0\]\[0\] lies 7 lists deep, at most 6/],
    ['text', /"w" is the text "text"/],
    [undefined, /"w" is undefined, expected a finite number/],
    [[1e39], /"w": value 0 is 1e\+39; expected a finite float32/],
    [{ shape: [2], data: [1] }, /"w": 1 values, expected 2/],
    [{ shape: '2', data: [1, 2] }, /"w" has no shape; expected \{ shape: \[lengths/],
    [{ shape: [-1], data: [1] }, /"w" has no shape/],
  ])('refuses %j', (value, message) => {
    expect(() => parametersOf({ w: value as never })).toThrow(message);
  });

  test.each([[null], [3], [[1, 2]]])('refuses %j for names and lists', (given) => {
    expect(() => parametersOf(given as never)).toThrow(/parameters are given by name/);
  });
});

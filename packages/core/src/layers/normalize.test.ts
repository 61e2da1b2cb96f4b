import { expect, test } from 'vitest';
import { traceModel } from '../model/trace.js';
import { predict } from '../trained/predict.js';
import { normalize } from './normalize.js';

function normalized(options: Parameters<typeof normalize>[0], inputShape: readonly number[]) {
  const model = traceModel(normalize(options), inputShape);
  const inputs = [Array.from({ length: inputShape.reduce((a, b) => a * b, 1) }, (_, i) => i)];
  return [...predict({ model, parameters: new Map(), inputs, inputShape })];
}

test('each channel loses its mean and is divided by its deviation', () => {
  expect(normalized({ mean: [1, 4], std: [2, 0.5] }, [2, 1, 3])).toEqual([
    ...[-0.5, 0, 0.5, -2, 0, 2],
  ]);
  expect(normalized({ mean: [1, 4], std: [2, 0.5] }, [2])).toEqual([-0.5, -6]);
});

test('one number is for all', () => {
  expect(normalized({ mean: 1, std: 2 }, [2, 2])).toEqual([-0.5, 0, 0.5, 1]);
  expect(normalized({ mean: [1], std: [2] }, [3])).toEqual([-0.5, 0, 0.5]);
});

test.each<[Parameters<typeof normalize>[0], RegExp]>([
  [{ mean: [1, 2], std: [1] }, /2 means and 1 deviations/],
  [{ mean: [], std: [] }, /mean is an array, expected a number or a list/],
  [{ mean: 0, std: 0 }, /std\[0\] must be .* > 0/],
  [{ mean: [Number.NaN], std: [1] }, /mean\[0\] must be/],
])('%j is refused', (options, message) => {
  expect(() => normalize(options)).toThrow(message);
});

test('other channels are refused when it is traced', () => {
  expect(() => traceModel(normalize({ mean: [1, 2], std: [1, 1] }), [3, 4, 4])).toThrow(
    'normalize: input is [N, 3, 4, 4], expected 2 channels',
  );
});

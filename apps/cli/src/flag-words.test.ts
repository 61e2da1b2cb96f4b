import { expect, test } from 'vitest';
import { flagWords } from './flag-words.js';

test('flags are told as one would write them', () => {
  const flags = { learningRate: 0.05, nesterov: true, hidden: [8, 4], dropLast: false, seed: null };
  expect(flagWords({ ...flags, init: undefined })).toBe(
    '--learning-rate 0.05 --nesterov --hidden 8,4',
  );
});

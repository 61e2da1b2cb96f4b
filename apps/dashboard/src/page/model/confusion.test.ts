// Confusions: counts, what follows from them, and which samples are behind a cell.
import { describe, expect, test } from 'vitest';
import type { ClassExamination } from '../brain/examine.js';
import { surpriseOf } from '../brain/surprise.js';
import {
  confusionOf,
  countAt,
  meansOf,
  mistakesOf,
  nameOf,
  recallOf,
  samplesOf,
} from './confusion.js';
import { nextCell } from './confusion-table.js';

const examination: ClassExamination = {
  kind: 'classes',
  count: 6,
  right: Int32Array.of(0, 0, 0, 1, 1, 2),
  said: Int32Array.of(0, 1, 1, 1, 0, 0),
  sure: Float32Array.of(0.9, 0.6, 0.8, 0.7, 0.9, 0.5),
  probability: Float32Array.of(0.9, 0.4, 0.125, 0.7, 0.1, 0.25),
  names: ['cat', 'dog', 'owl', 'none of them'],
};
const confusion = confusionOf(examination);

describe('a confusion matrix', () => {
  test('counts what is said of what', () => {
    expect([...confusion.counts]).toEqual([1, 2, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(confusion.totals).toEqual([3, 2, 1, 0]);
    expect(countAt(confusion, 0, 1)).toBe(2);
  });

  test('tells how much of each class is right', () => {
    expect([0, 1, 2, 3].map((label) => recallOf(confusion, label))).toEqual([
      1 / 3,
      0.5,
      0,
      undefined,
    ]);
  });

  test('has room for classes that have no name', () => {
    expect(confusionOf({ ...examination, names: [] }).classes).toBe(3);
    expect(nameOf([], 2)).toBe('2');
  });

  test('tells the most frequent mistakes first', () => {
    expect(mistakesOf(confusion, 2)).toEqual([
      { right: 0, said: 1, count: 2 },
      { right: 1, said: 0, count: 1 },
    ]);
  });
});

test('means are those of all samples', () => {
  const { accuracy, loss } = meansOf(examination);
  expect(accuracy).toBeCloseTo(2 / 6, 12);
  const losses = [...examination.probability].map((probability) => -Math.log(probability));
  expect(loss).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 6, 12);
  expect(Number.isFinite(surpriseOf(0))).toBe(true);
});

test('the samples of a choice come with the largest loss first', () => {
  expect(samplesOf(examination, 'wrong', 10)).toEqual([4, 2, 5, 1]);
  expect(samplesOf(examination, 'wrong', 2)).toEqual([4, 2]);
  expect(samplesOf(examination, { right: 0, said: 1 }, 10)).toEqual([2, 1]);
  expect(samplesOf(examination, { right: 2, said: 1 }, 10)).toEqual([]);
});

test.each([
  ['ArrowDown', { right: 2, said: 1 }],
  ['ArrowUp', { right: 0, said: 1 }],
  ['ArrowLeft', { right: 1, said: 0 }],
  ['ArrowRight', { right: 1, said: 2 }],
  ['Home', { right: 1, said: 0 }],
  ['End', { right: 1, said: 2 }],
  ['PageUp', { right: 0, said: 1 }],
  ['PageDown', { right: 2, said: 1 }],
  ['Enter', undefined],
])('%s leads on in the table', (key, to) => {
  expect(nextCell({ right: 1, said: 1 }, key, 3)).toEqual(to);
});

test('keys lead nowhere beyond the table', () => {
  for (const key of ['ArrowUp', 'ArrowLeft']) {
    expect(nextCell({ right: 0, said: 0 }, key, 3)).toEqual({ right: 0, said: 0 });
  }
  for (const key of ['ArrowDown', 'ArrowRight']) {
    expect(nextCell({ right: 2, said: 2 }, key, 3)).toEqual({ right: 2, said: 2 });
  }
});

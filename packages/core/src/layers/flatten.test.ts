import { expect, test } from 'vitest';
import { traceModel } from '../model/trace.js';
import { flatten } from './flatten.js';

test('flattens all of a sample, or from an axis on', () => {
  const shapeOf = (startAxis?: number) =>
    traceModel(flatten({ startAxis }), [2, 3, 4]).nodes.at(-1)!.shape;
  expect(shapeOf()).toEqual(['N', 24]);
  expect(shapeOf(2)).toEqual(['N', 2, 12]);
  expect(shapeOf(-2)).toEqual(['N', 2, 12]);
  expect(shapeOf(-3)).toEqual(['N', 24]);
  expect(shapeOf(3)).toEqual(['N', 2, 3, 4]);
  for (const wrong of [0, 4, -4]) {
    expect(() => shapeOf(wrong)).toThrow(`axis ${wrong} is no axis of one sample`);
  }
  expect(() => flatten({ startAxis: 1.5 })).toThrow('startAxis');
});

import { expect, test } from 'vitest';
import { weightsOfClasses } from './class-weights.js';

test('a class that is none is told with those that there are, of many the first', () => {
  const unknown = (classes: number) => () => weightsOfClasses({ seven: 2 }, classes, undefined);
  expect(unknown(3)).toThrow('there is no class "seven"; the data has 0, 1, 2');
  expect(unknown(512)).toThrow(/the data has 0, 1, .*, 11, … \(500 more\)$/);
});

import { expect, test } from 'vitest';
import { jsonLine } from './json-line.js';

test('an event is one line of JSON', () => {
  const event = { event: 'epoch-end', testLoss: null, text: 'two\nlines' };
  expect(jsonLine(event)).toBe('{"event":"epoch-end","testLoss":null,"text":"two\\nlines"}\n');
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d does not become null', (testLoss) => {
  expect(() => jsonLine({ event: 'epoch-end', metrics: { testLoss } })).toThrow(
    `event: testLoss is ${testLoss}, which JSON cannot say`,
  );
});

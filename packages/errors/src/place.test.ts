import { expect, test } from 'vitest';
import { ConfigError, LockstepError } from './errors.js';
import { inPlace } from './place.js';

test('an error gets the place that it lacks, and keeps its code and its cause', () => {
  const cause = new LockstepError('graph', 'node 3 is missing');
  const work = () =>
    inPlace('run a/run.json', () => {
      throw cause;
    });
  expect(work).toThrow(
    expect.objectContaining({ code: 'graph', message: 'run a/run.json: node 3 is missing', cause }),
  );
});

test('an error that names the place, and one that is a defect, stay as they are', () => {
  for (const error of [new ConfigError('read F: bad'), new TypeError('x')]) {
    const work = () =>
      inPlace('F', () => {
        throw error;
      });
    expect(work).toThrow(error);
  }
  expect(inPlace('F', () => 7)).toBe(7);
});

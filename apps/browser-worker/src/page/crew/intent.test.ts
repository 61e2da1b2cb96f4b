import { describe, expect, it } from 'vitest';
import { intentOf, type Standing, usualShare } from './intent.js';

const AT_WORK: Standing = {
  isStopped: false,
  isHidden: false,
  isOnBattery: false,
  goesOn: false,
  share: 3,
};

describe('how many threads are to compute', () => {
  const FEWER = 'its user wants fewer threads to compute';
  it.each<[string, Partial<Standing>, number, string | undefined, string?]>([
    ['somebody looks and there is power', {}, 3, undefined, FEWER],
    ['the tab is hidden', { isHidden: true }, 0, 'the tab is in the background'],
    ['the device is on battery', { isOnBattery: true }, 0, 'the device is on battery'],
    [
      'both, and it is to go on',
      { isHidden: true, isOnBattery: true, goesOn: true },
      3,
      undefined,
      FEWER,
    ],
    [
      'it was stopped',
      { isStopped: true, goesOn: true },
      0,
      'you stopped it',
      'stopped by its user',
    ],
  ])('%s', (_, standing, threads, pause, why = pause) => {
    expect(intentOf({ ...AT_WORK, ...standing })).toEqual({ threads, pause, why });
  });

  it('a half of the cores by itself, and at least one', () => {
    expect([1, 2, 3, 8].map(usualShare)).toEqual([1, 1, 1, 4]);
  });
});

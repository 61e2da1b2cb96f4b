import { describe, expect, it } from 'vitest';
import { Spinning } from './spinning.js';

/** Waits so often for others who come after so many looks. @returns the looks of all, and how often they were met */
function wait(spinning: Spinning, times: number, comesAfter: (wait: number) => number) {
  const told = { looks: 0, met: 0 };
  for (let wait = 0; wait < times; wait++) {
    const most = spinning.begin();
    const after = comesAfter(wait);
    told.looks += Math.min(most, after);
    if (after < most) {
      told.met++;
      spinning.met(after);
    } else spinning.missed();
  }
  return told;
}

const LATE = 1e9;

describe('how often a thread looks before it sleeps', () => {
  it('is enough for all waits while the others come within microseconds', () => {
    for (const looks of [1, 500, 5000, 15_000]) {
      expect(wait(new Spinning(), 1000, () => looks).met).toBe(1000);
    }
  });

  it('is next to nothing once they do not', () => {
    const spinning = new Spinning();
    wait(spinning, 10, () => LATE);
    expect(wait(spinning, 3200, () => LATE).looks / 3200).toBeLessThan(700);
  });

  it('is as much as before when they come soon again, after some waits', () => {
    const spinning = new Spinning();
    wait(spinning, 1000, () => LATE);
    wait(spinning, 40, () => 5000);
    expect(wait(spinning, 1000, () => 5000).met).toBe(1000);
  });

  it('is nothing where nothing is allowed', () => {
    expect(wait(new Spinning(0), 1000, () => 1).looks).toBe(0);
  });

  it('outlasts one that is late now and then', () => {
    const { met } = wait(new Spinning(), 1000, (wait) => (wait % 10 === 9 ? LATE : 5000));
    expect(met).toBe(900);
  });
});

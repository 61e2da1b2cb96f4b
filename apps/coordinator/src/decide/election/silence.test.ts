import { expect, it } from 'vitest';
import { answered, PATIENCE_MS, type Silence, silenceFrom, unanswered } from './silence.js';

/** Asks twice a second. @param whyAt what it hears at a time; undefined for an answer */
function hear(forMs: number, whyAt: (now: number) => string | undefined) {
  let silence: Silence = silenceFrom(0);
  const told: (readonly [number, string])[] = [];
  for (let now = 0; now <= forMs; now += 500) {
    const why = whyAt(now);
    if (why === undefined) {
      silence = answered(silence);
      continue;
    }
    const heard = unanswered(silence, why, now);
    silence = heard.silence;
    if (heard.isTold) told.push([now, why]);
    if (heard.isGivenUp) return { told, givenUpAt: now };
  }
  return { told, givenUpAt: undefined };
}

it('an etcd that never answers is told once, and given up after half a minute', () => {
  expect(hear(600_000, () => 'refused')).toEqual({
    told: [[0, 'refused']],
    givenUpAt: PATIENCE_MS,
  });
});

it('one that has answered once is waited for, and told after pauses that double to ten minutes', () => {
  const { told, givenUpAt } = hear(3_600_000, (now) => (now === 0 ? undefined : 'refused'));
  expect(givenUpAt).toBeUndefined();
  const seconds = told.map(([now]) => (now - 500) / 1000);
  expect(seconds).toEqual([0, 30, 90, 210, 450, 930, 1530, 2130, 2730, 3330]);
});

it('what is wrong now, and was not before, is told', () => {
  const { told } = hear(20_000, (now) => (now < 10_000 ? 'refused' : 'no answer'));
  expect(told).toEqual([
    [0, 'refused'],
    [10_000, 'no answer'],
  ]);
});

it('members that fail by turns, or come and go, are not told each time', () => {
  const turns = hear(29_000, (now) => (now % 1000 === 0 ? 'refused' : 'no answer'));
  expect(turns.told).toHaveLength(6);
  const flapping = hear(29_000, (now) => (now % 1000 === 0 ? undefined : 'refused'));
  expect(flapping.told).toEqual([[500, 'refused']]);
});

it('one that is away again after a long while is told again', () => {
  const away = (now: number) => now === 500 || now === 300_000;
  const { told } = hear(300_000, (now) => (away(now) ? 'refused' : undefined));
  expect(told.map(([now]) => now)).toEqual([500, 300_000]);
});

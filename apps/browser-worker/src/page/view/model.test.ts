import { describe, expect, it } from 'vitest';
import { intentOf } from '../crew/intent.js';
import type { Report } from '../crew/messages.js';
import { afterReport, explanation, headline, type Model } from './model.js';

const STANDING = { isStopped: false, isHidden: false, isOnBattery: false, goesOn: false, share: 2 };
const FRESH: Model = {
  hasToken: true,
  cores: 4,
  standing: STANDING,
  intent: intentOf(STANDING),
  lanes: [],
  lines: [],
  over: undefined,
};
const doing = (words: string): Report =>
  ({ type: 'status', status: { doing: words, run: 'r', generation: 1, members: 1 } }) as Report;
const dealt = (first: number, end: number): Report =>
  ({ type: 'event', event: { event: 'generation', first, end } }) as Report;
const told = (model: Model, place: number, report: Report): Model =>
  afterReport(model, place, `tab/${place}`, report, new Date(0));

describe('what the page says', () => {
  it('of a page that starts, computes, pauses and ends', () => {
    expect(headline(FRESH)).toBe('Starting');
    const one = told(FRESH, 0, doing('fetching mnist: 12%'));
    expect([headline(one), explanation(one)]).toEqual(['Not computing yet', 'fetching mnist: 12%']);
    const two = told(told(one, 1, dealt(0, 4)), 0, dealt(4, 8));
    expect(two.lanes.map(({ name }) => name)).toEqual(['tab/0', 'tab/1']);
    expect(headline(two)).toBe('Computing on 2 of 2 threads');
    expect(headline(told(two, 1, dealt(8, 8)))).toBe('Computing on 1 of 2 threads');
    const paused = { ...two, intent: intentOf({ ...STANDING, isHidden: true }) };
    expect(headline(paused)).toBe('Leaving');
    expect(headline({ ...paused, lanes: [] })).toBe('Paused');
    expect(explanation({ ...paused, lanes: [] })).toContain('the tab is in the background');
  });

  it('of the end, with the hash, and of a failure, with its words', () => {
    const ended = { type: 'ended', reason: 'over', weightsHash: 'abc' } as const;
    expect(explanation({ ...FRESH, over: ended })).toContain('abc');
    const failed = { type: 'failed', code: 'refused', message: 'the token is wrong' } as const;
    expect(headline({ ...FRESH, over: failed })).toBe('This page cannot go on');
    expect(explanation({ ...FRESH, over: failed })).toBe('the token is wrong');
  });

  it('a thread that has ended has no lane, and lines of others than the first have its name', () => {
    const event = { event: 'left', time: '', reason: 'x' } as const;
    const model = told(told(FRESH, 1, doing('training')), 1, { type: 'event', event });
    expect(model.lines[0]!.text).toBe('tab/1: left the run, which goes on');
    expect(told(model, 1, { type: 'ended', reason: '', weightsHash: undefined }).lanes).toEqual([]);
  });
});

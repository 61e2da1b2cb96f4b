// What stands around the tabs: the page's address, keys, numbers and events in words.
import { expect, test } from 'vitest';
import { invent } from '../testing/invented.js';
import { marksOf } from '../workers/marks.js';
import { readAddress, withPlace } from './address.js';
import { commandLine } from './command-line.js';
import { kindOf, stepOf, wordsOf } from './event-words.js';
import { formatBytes, formatDuration, formatMs, formatNumber, formatTime } from './format.js';
import { COLOURS, styleOf } from './run-style.js';
import { nextTab } from './tabs.js';

test('the address says the token, the tab and the run', () => {
  expect(readAddress('#token=a%2Bb&tab=workers&run=r-1')).toEqual({
    token: 'a+b',
    tab: 'workers',
    run: 'r-1',
  });
  expect(readAddress('')).toEqual({ token: null, tab: 'run', run: null });
  expect(readAddress('#tab=no-such-tab').tab).toBe('run');
});

test('going somewhere keeps the token, and what another version wrote there', () => {
  const there = withPlace('#token=a%2Bb&other=1', { tab: 'model', run: 'r' });
  expect(readAddress(there)).toEqual({ token: 'a+b', tab: 'model', run: 'r' });
  expect(there).toContain('other=1');
  expect(readAddress(withPlace(there, { tab: 'run', run: null })).run).toBeNull();
});

test('a command can be typed as it stands, whatever folders are called', () => {
  expect(commandLine('lockstep', 'dashboard', 'runs/a', '/x/my run', `it's "b" & $c`)).toBe(
    `lockstep dashboard runs/a '/x/my run' 'it'\\''s "b" & $c'`,
  );
});

test.each([
  ['run', 'ArrowRight', 'workers'],
  ['try', 'ArrowRight', 'run'],
  ['run', 'ArrowLeft', 'try'],
  ['model', 'Home', 'run'],
  ['run', 'End', 'try'],
  ['run', 'a', undefined],
] as const)('from the tab %s the key %s leads to %s', (shown, key, next) => {
  expect(nextTab(shown, key)).toBe(next);
});

test('any two of the first 32 runs differ in colour or dashes', () => {
  const styles = Array.from({ length: 32 }, (_, place) => JSON.stringify(styleOf(place)));
  expect(new Set(styles).size).toBe(32);
  expect(new Set(styles.slice(0, COLOURS).map((style) => JSON.parse(style).colour)).size).toBe(8);
});

test.each([
  [0, '0'],
  [0.1, '0.1'],
  [0.123456, '0.1235'],
  [0.000099999999, '0.0001'],
  [1234.5678, '1235'],
  [12_345.6, '12\u2009346'],
  [1_234_567, '1\u2009234\u2009567'],
  [-0.00001, '-1.00e-5'],
  [3e12, '3.00e12'],
  [Number.NaN, 'NaN'],
  [null, '–'],
  [undefined, '–'],
])('the number %d is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test.each([
  [4.23, '4.2 s'],
  [9.97, '10 s'],
  [59.6, '1 min 00 s'],
  [754, '12 min 34 s'],
  [11_100, '3 h 05 min'],
  [200_000, '2 d 07 h'],
  [null, '–'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [999, '999 B'],
  [48_000_000, '48 MB'],
  [1_234, '1.23 kB'],
  [999_600, '1 MB'],
  [null, '–'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('milliseconds and times have the digits that tell one from the next', () => {
  expect([formatMs(0.1234), formatMs(184.4), formatMs(12_000)]).toEqual([
    '0.123 ms',
    '184 ms',
    '12 s',
  ]);
  const at = new Date(2026, 5, 1, 9, 5, 7, 89).getTime();
  expect([formatTime(at), formatTime(at, 100), formatTime(at, 10), formatTime(at, 1)]).toEqual([
    '09:05:07',
    '09:05:07.0',
    '09:05:07.08',
    '09:05:07.089',
  ]);
});

test('events are told in words, and what a newer version tells by its name', () => {
  const { events } = invent({ id: 'a', workers: ['w0', 'w1'], samples: 200 });
  expect(events.map(wordsOf)).toContain('w1 lost: silent for 5.0 s');
  expect(events.map(wordsOf)).toContain('Recovered in 184 ms');
  expect(events.map(wordsOf)).toContain('Epoch 1: loss 0.42, test loss 0.24, accuracy 92.0\u2009%');
  const time = '2026-06-01T09:30:00.000Z';
  const place = { time, name: 'tab', generation: 2, step: 9 };
  const gone = { ...place, event: 'worker-lost', code: 'left', left: true } as const;
  const left = { ...gone, reason: 'left: stopped by its user' };
  expect([wordsOf(left), kindOf(left)]).toEqual(['tab left: stopped by its user', 'worker-left']);
  expect(marksOf([left])[0]!.style.name).toBe('left');
  expect(wordsOf({ event: 'new-thing', time } as never)).toBe('new-thing');
  expect(stepOf({ event: 'listening', time, url: 'a', urls: [] })).toBeUndefined();
});

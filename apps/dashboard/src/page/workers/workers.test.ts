// What the tab Workers draws: rows, the time that went to each thing, stretches of time.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KINDS, LaneHistory } from '../store/lane-history.js';
import { invent } from '../testing/invented.js';
import { marksIn, marksOf } from './marks.js';
import { lanesIn, openAtFirst, rowsOf } from './rows.js';
import { columnsOf, framesIn, sharesOf } from './shares.js';
import {
  byKey,
  panned,
  START,
  stretchOf,
  type TimeWindow,
  ticksOf,
  whole,
  zoomed,
} from './window.js';

const RUN = invent({ id: 'a', workers: ['w0', 'w1'], threads: 2, samples: 200 });
const HISTORY = new LaneHistory();
for (const sample of RUN.samples) HISTORY.push(sample);
const { frames: FRAMES } = HISTORY;
const LANES = lanesIn(FRAMES);

test('a worker has a row, and below it its threads once it is opened', () => {
  expect(rowsOf(LANES, new Set()).map(({ label, threads }) => [label, threads])).toEqual([
    ['w0', 2],
    ['w1', 2],
  ]);
  expect(rowsOf(LANES, new Set(['w1'])).map(({ label }) => label)).toEqual([
    'w0',
    'w1',
    'thread 0',
    'thread 1',
  ]);
});

test('threads that nobody sums up are summed up by their mean', () => {
  const threads = LANES.filter(({ thread }) => thread !== null);
  const [row] = rowsOf(threads, new Set());
  const shares = new Float64Array(KINDS.length);
  const time = sharesOf(FRAMES, 0, 10, row!, shares);
  expect(time).toBe(10 * 100 * 2);
  const single = new Float64Array(KINDS.length);
  const each = rowsOf(threads, new Set(['w0']))
    .slice(1, 3)
    .map((thread) => {
      sharesOf(FRAMES, 0, 10, thread, single);
      return single[0]!;
    });
  // The same numbers added in another order.
  expect(shares[0]).toBeCloseTo((each[0]! + each[1]!) / 2, 12);
});

test('with many lanes workers are shown alone at first', () => {
  expect(openAtFirst(LANES)).toEqual(new Set(['w0', 'w1']));
  const many = Array.from({ length: 16 }, (_, i) => ({ worker: `w${i}`, thread: 0 }));
  expect(openAtFirst([...many, ...many])).toEqual(new Set());
});

test('all that was spent in a stretch is its time, as far as anybody knows', () => {
  const shares = new Float64Array(KINDS.length);
  const [row] = rowsOf(LANES, new Set());
  expect(sharesOf(FRAMES, 0, FRAMES.length, row!, shares)).toBe(200 * 100);
  const sum = shares.reduce((a, b) => a + b, 0);
  // float32 milliseconds, 200 of them.
  expect(sum).toBeCloseTo(1, 5);
  expect(sharesOf(FRAMES, 0, 1, { ...row!, members: [':nobody'] }, shares)).toBe(0);
});

test('the frames of a stretch are those that it touches', () => {
  const { from } = FRAMES[0]!;
  expect(framesIn(FRAMES, from, from + 250)).toEqual([0, 3]);
  expect(framesIn(FRAMES, from + 100, from + 200)).toEqual([1, 2]);
  expect(framesIn(FRAMES, from - 500, from)).toEqual([0, 0]);
  expect(framesIn(FRAMES, from + 1e9, from + 2e9)).toEqual([200, 200]);
});

test('columns have all frames once, and none is shorter than asked but before a pause or at the end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 100 })), { maxLength: 50 }),
      fc.integer({ min: 0, max: 300 }),
      (steps, shortest) => {
        let at = 0;
        const frames = steps.map(([pause, length]) => {
          const from = at + pause;
          at = from + length;
          return { from, to: at, lanes: [], spent: new Float32Array() };
        });
        const columns = columnsOf(frames, [0, frames.length], shortest);
        expect(
          columns.flatMap(({ first, end }) =>
            Array.from({ length: end - first }, (_, i) => first + i),
          ),
        ).toEqual(frames.map((_, i) => i));
        columns.slice(0, -1).forEach(({ from, to }, i) => {
          const isLong = to - from >= shortest;
          expect(isLong || columns[i + 1]!.from - to >= shortest).toBe(true);
        });
      },
    ),
  );
});

test('whatever is zoomed and panned stays within the time that there is', () => {
  const bounds = { first: 1000, last: 61_000 };
  const keys = ['ArrowLeft', 'ArrowRight', '+', '-', '0', 'Home', 'End', 'PageUp', 'PageDown'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...keys), { maxLength: 40 }), (pressed) => {
      const end = pressed.reduce<TimeWindow>((window, key) => byKey(key, window, bounds)!, START);
      const { from, to } = stretchOf(end, bounds);
      expect(to).toBeLessThanOrEqual(bounds.last);
      expect(to).toBeGreaterThan(bounds.first);
      expect(to - from).toBeGreaterThanOrEqual(200);
      expect(to - from).toBeLessThanOrEqual(60_000);
    }),
  );
});

test('a window follows the newest until somebody looks back, and again at its end', () => {
  const bounds = { first: 0, last: 100_000 };
  const back = panned(START, bounds, -10_000);
  expect(stretchOf(back, bounds)).toEqual({ from: 60_000, to: 90_000 });
  expect(stretchOf(back, { first: 0, last: 200_000 }).to).toBe(90_000);
  expect(panned(back, bounds, 10_000).end).toBeNull();
  expect(stretchOf(whole(bounds), bounds)).toEqual({ from: 0, to: 100_000 });
});

test('zooming leaves what is pointed at where it is', () => {
  const bounds = { first: 0, last: 100_000 };
  const window = { spanMs: 40_000, end: 80_000 };
  const { from, to } = stretchOf(zoomed(window, bounds, 0.5, 50_000), bounds);
  expect([from, to]).toEqual([45_000, 65_000]);
});

test.each([
  [0, 30_000, 10, 5000],
  [0, 1000, 10, 100],
  [0, 86_400_000 * 30, 10, 3 * 86_400_000],
])('from %i to %i with at most %i ticks there is one every %i ms', (from, to, most, stepMs) => {
  const ticks = ticksOf({ from, to }, most);
  expect(ticks.stepMs).toBe(stepMs);
  expect(ticks.at.length).toBeLessThanOrEqual(most + 1);
  for (const tick of ticks.at) expect(tick % stepMs).toBe(0);
});

test('events that have a place in time are marks, in sight or not', () => {
  const marks = marksOf(RUN.events);
  expect(new Set(marks.map(({ style }) => style.name))).toEqual(
    new Set([
      'begins',
      'joined',
      'lost',
      'generation',
      'recovered',
      'epoch',
      'checkpoint',
      'ended',
    ]),
  );
  const lost = marks.find(({ style }) => style.name === 'lost')!;
  expect(marksIn(marks, lost.at, lost.at)).toContain(lost);
  expect(marksIn(marks, lost.at + 1, lost.at + 2)).toEqual([]);
});

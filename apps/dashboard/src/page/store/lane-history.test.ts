import { expect, test } from 'vitest';
import type { LaneSample, Sample } from '../../contract.js';
import { invent } from '../testing/invented.js';
import { KINDS, LaneHistory, mergeFrames } from './lane-history.js';

const [SAMPLE] = invent({ id: 'a', samples: 1 }).samples as [Sample];

function laneOf(worker: string, computing: number): LaneSample {
  const none = { sending: 0, waiting: 0, redoing: 0, resting: 0, evaluating: 0 };
  return { worker, thread: null, spent: { computing, ...none } };
}

function sampleOf(at: number, lanes: readonly LaneSample[]): Sample {
  return { ...SAMPLE, at, ms: 100, lanes };
}

function computingOf(history: LaneHistory): number {
  const lanesFirst = history.frames.map(({ spent }) => spent[KINDS.indexOf('computing')]!);
  return lanesFirst.reduce((sum, value) => sum + value, 0);
}

test('frames are bounded, no time is lost, and the newest are as fine as they came', () => {
  const history = new LaneHistory();
  for (let i = 1; i <= 50_000; i++) history.push(sampleOf(100 * i, [laneOf('w0', 60)]));
  const { frames } = history;
  expect(frames.length).toBeLessThanOrEqual(4096);
  expect(computingOf(history)).toBe(50_000 * 60);
  expect(frames[0]!.from).toBe(0);
  frames.forEach((frame, i) => {
    if (i > 0) expect(frame.from).toBe(frames[i - 1]!.to);
  });
  expect(frames.at(-1)!.to - frames.at(-1)!.from).toBe(100);
  expect(frames.at(-500)!.to - frames.at(-500)!.from).toBe(100);
});

test('of many lanes fewer frames are kept', () => {
  const history = new LaneHistory();
  const lanes = Array.from({ length: 300 }, (_, i) => laneOf(`w${i}`, 1));
  for (let i = 1; i <= 3000; i++) history.push(sampleOf(100 * i, lanes));
  const values = history.frames.reduce((sum, { spent }) => sum + spent.length, 0);
  expect(values).toBeLessThanOrEqual(2 ** 20);
  expect(computingOf(history)).toBe(3000);
});

test('frames with the same lanes share them', () => {
  const history = new LaneHistory();
  history.push(sampleOf(100, [laneOf('a', 1)]));
  history.push(sampleOf(200, [laneOf('a', 2)]));
  history.push(sampleOf(300, [laneOf('b', 2)]));
  const [first, second, third] = history.frames;
  expect(second!.lanes).toBe(first!.lanes);
  expect(third!.lanes).not.toBe(first!.lanes);
});

test('a sample that was heard before is not counted twice', () => {
  const history = new LaneHistory();
  for (const at of [100, 200, 200, 100, 300]) history.push(sampleOf(at, [laneOf('a', 5)]));
  expect(history.frames.map(({ to }) => to)).toEqual([100, 200, 300]);
});

test('merged frames have the lanes of both', () => {
  const history = new LaneHistory();
  history.push(sampleOf(100, [laneOf('a', 10), laneOf('b', 20)]));
  history.push(sampleOf(200, [laneOf('b', 3), laneOf('c', 4)]));
  const [a, b] = history.frames;
  const merged = mergeFrames(a!, b!);
  expect([merged.from, merged.to]).toEqual([0, 200]);
  expect(merged.lanes.map(({ worker }) => worker)).toEqual(['a', 'b', 'c']);
  const computing = merged.lanes.map((_, i) => merged.spent[i * KINDS.length]);
  expect(computing).toEqual([10, 23, 4]);
});

test('what nobody counts of a lane’s time is a kind of its own, so that no time looks as if nobody had been there', () => {
  const history = new LaneHistory();
  history.push(sampleOf(100, [laneOf('a', 60), laneOf('b', 130)]));
  const other = KINDS.indexOf('other');
  const [frame] = history.frames;
  expect([0, 1].map((lane) => frame!.spent[lane * KINDS.length + other])).toEqual([40, 0]);
});

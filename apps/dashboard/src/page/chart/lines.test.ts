import { expect, test } from 'vitest';
import { styleOf } from '../shell/run-style.js';
import { align, thinned } from './align.js';
import { drawnLines, type Line } from './lines.js';

function lineOf(label: string, steps: number[], values: number[], isByEpoch = false): Line {
  return {
    label,
    style: styleOf(0),
    isByEpoch,
    isNoisy: !isByEpoch,
    isThin: false,
    points: { steps, values },
  };
}

const VIEW = { smoothing: 0, isLog: false, zoom: null, lastStep: 10 };

test('lines with other steps share an axis that has all of them', () => {
  expect(
    align([
      { steps: [1, 3], values: [10, 30] },
      { steps: [2, 3, 4], values: [-2, -3, -4] },
    ]),
  ).toEqual([
    [1, 2, 3, 4],
    [10, null, 30, null],
    [null, -2, -3, -4],
  ]);
});

test('a smoothed line is drawn over what was measured, which is faint; epochs are not smoothed', () => {
  const lines = [lineOf('a', [1, 2], [1, 3]), lineOf('b', [2], [5], true)];
  const drawn = drawnLines(lines, { ...VIEW, smoothing: 0.9 });
  expect(drawn.lines.map(({ line, isFaint }) => [line.label, isFaint])).toEqual([
    ['a', true],
    ['a', false],
    ['b', false],
  ]);
  expect(drawn.data[1]).toEqual([1, 3]);
  expect(drawn.data[3]).toEqual([null, 5]);
});

test('on a logarithmic axis there is nothing at 0 and below', () => {
  const drawn = drawnLines([lineOf('a', [1, 2, 3], [1, 0, -1])], { ...VIEW, isLog: true });
  expect(drawn.data).toEqual([[1], [1]]);
});

test('a chart of nothing, or of one point, is none that fails', () => {
  expect(drawnLines([], VIEW).data).toEqual([[]]);
  expect(drawnLines([lineOf('a', [7], [1])], { ...VIEW, smoothing: 0.9 }).data[0]).toEqual([7]);
});

test('many lines share the points that a chart may have', () => {
  const steps = Array.from({ length: 4000 }, (_, i) => i);
  const points = { steps, values: steps.map(Math.sin) };
  expect(thinned(points, 1)).toBe(points);
  expect(thinned(points, 8).steps.length).toBe(1000);
});

import { ConfigError, DataError } from '@lockstep/core';
import { expect, test } from 'vitest';
import { fromArrays } from '../arrays.js';
import { passThrough } from '../preparing/columns.js';
import { prepare } from '../preparing/prepare.js';
import { tableOf } from '../table/table.js';
import { windows } from './windows.js';

const steps = (length: number): number[] => Array.from({ length }, (_, i) => i);

test('numbers: a window of each length that has what comes next behind it', () => {
  const data = windows(steps(6), { length: 3 });
  expect(data).toMatchObject({
    ...{ samples: 3, inputShape: [3, 1], targetShape: [1], inputDivisor: 1, classes: undefined },
  });
  expect([...data.inputs]).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 4]);
  expect([...data.targets]).toEqual([3, 4, 5]);
});

test('ahead, horizon and stride: the first target lies ahead of the last step, more follow, windows are skipped', () => {
  const data = windows(Float32Array.from(steps(10)), {
    length: 2,
    ahead: 3,
    horizon: 2,
    stride: 3,
  });
  expect(data.samples).toBe(2);
  expect([...data.inputs]).toEqual([0, 1, 3, 4]);
  expect([...data.targets]).toEqual([4, 5, 7, 8]);
  expect(windows(steps(9), { length: 2, ahead: 3, horizon: 2, stride: 3 }).samples).toBe(2);
  expect(windows(steps(8), { length: 2, ahead: 3, horizon: 2, stride: 3 }).samples).toBe(1);
});

test('rows and columns: features side by side, chosen columns as targets', () => {
  const rows = windows(
    [
      [0, 10],
      [1, 11],
      [2, 12],
      [3, 13],
    ],
    { length: 2 },
  );
  expect([rows.inputShape, rows.targetShape]).toEqual([[2, 2], [2]]);
  expect([...rows.inputs]).toEqual([0, 10, 1, 11, 1, 11, 2, 12]);
  expect([...rows.targets]).toEqual([2, 12, 3, 13]);
  const columns = windows({ a: [0, 1, 2, 3], b: [10, 11, 12, 13] }, { length: 2, targets: ['b'] });
  expect(columns.inputs).toEqual(rows.inputs);
  expect([...columns.targets]).toEqual([12, 13]);
  expect(columns.inputNames).toEqual(['a[-1]', 'b[-1]', 'a[0]', 'b[0]']);
});

test('a dataset: its samples are steps, its inputs are seen and its targets foretold; bytes stay bytes', () => {
  const table = tableOf({ x: steps(5), y: steps(5).map((i) => 2 * i) }, 'series');
  const { data } = prepare(table, { inputs: [passThrough('x')], target: passThrough('y') });
  const cut = windows(data, { length: 2, ahead: 2 });
  expect(cut).toMatchObject({ name: 'series', samples: 2, inputNames: ['x[-1]', 'x[0]'] });
  expect([[...cut.inputs], [...cut.targets]]).toEqual([
    [0, 1, 1, 2],
    [6, 8],
  ]);
  expect(windows(Uint8Array.of(1, 2, 3), { length: 2 }).inputs).toEqual(Uint8Array.of(1, 2));
});

test('what is too short, no number or no column is refused', () => {
  expect(() => windows(steps(3), { length: 3 })).toThrow(
    'windows: the series has 3 steps, a window and what comes after it take 4 (length 3, ahead 1, horizon 1)',
  );
  expect(() => windows([1, Number.NaN], { length: 1 })).toThrow(DataError);
  expect(() => windows({ a: [1, 2], b: [1] }, { length: 1 })).toThrow(
    'column b has 1 steps, a has 2',
  );
  expect(() => windows({ a: [1, 2] }, { length: 1, targets: ['c'] })).toThrow('no column "c"');
  expect(() => windows([1, 2], { length: 1, targets: ['c'] })).toThrow(ConfigError);
  for (const none of [null, undefined, 7, 'abc']) {
    expect(() => windows(none as never, { length: 1 })).toThrow('windows: the series is');
  }
  const tokens = { inputs: [[1], [2], [3]], vocabulary: 4, targets: [1, 2, 3] };
  expect(() => windows(fromArrays(tokens), { length: 1 })).toThrow(
    'the samples of the dataset are tokens',
  );
  expect(() => windows([1, 2], { length: 0 })).toThrow(ConfigError);
  expect(() => windows([1, 2], { length: 1, ahead: 0 })).toThrow(ConfigError);
});

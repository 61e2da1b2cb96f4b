import { expect, test } from 'vitest';
import { applyPreparation } from './inputs.js';
import { type Preparation, preparedInputNames } from './preparation.js';
import { isNamedRows, type NamedRow } from './rows.js';
import { classNameOf, invertTargets, prepareTargets, targetUnits } from './targets.js';
import { validatePreparation } from './validate.js';

const PREPARATION: Preparation = {
  inputs: [
    { kind: 'standardise', column: 'age', mean: 40, deviation: 2, missing: 41 },
    { kind: 'min-max', column: 'x', least: 1, most: 3, low: -1, high: 1 },
    { kind: 'one-hot', column: 'district', categories: ['north', 'south'], unknown: 'refuse' },
    { kind: 'bag-of-words', column: 'note', words: ['garden', 'sea'] },
    { kind: 'pass-through', column: 'y' },
  ],
  targets: [{ kind: 'standardise', column: 'price', mean: 100, deviation: 4 }],
};
const ROW = { age: 44, x: 2, district: 'south', note: 'Sea, sea and a garden', y: -7, other: null };

test('a row becomes inputs, each column in its own way', () => {
  const { inputs, samples, inputShape } = applyPreparation(PREPARATION, ROW);
  expect([...inputs]).toEqual([2, 0, 0, 1, 1, 2, -7]);
  expect([samples, inputShape]).toEqual([1, [7]]);
  expect(preparedInputNames(PREPARATION)).toEqual([
    'age',
    'x',
    'district=north',
    'district=south',
    'note=garden',
    'note=sea',
    'y',
  ]);
});

test('a list of rows and a table give the inputs of each row by itself', () => {
  const other = { ...ROW, age: null, district: 'north', x: '3', y: true };
  const { inputs } = applyPreparation(PREPARATION, [ROW, other]);
  expect([...inputs.subarray(7)]).toEqual([0.5, 1, 1, 0, 1, 2, 1]);
  expect(inputs.slice(0, 7)).toEqual(applyPreparation(PREPARATION, ROW).inputs);
  const names = Object.keys(ROW);
  const rows: readonly NamedRow[] = [ROW, other];
  const table = { rows: 2, names, column: (name: string) => rows.map((row) => row[name]) };
  expect(applyPreparation(PREPARATION, table).inputs).toEqual(inputs);
});

test.each([
  [{ ...ROW, x: undefined }, 'predict: row 0, "x": the value is missing; expected a number.'],
  [{ ...ROW, x: 'two' }, 'predict: row 0, "x": "two" is not a finite number'],
  [{ ...ROW, x: 1e300 }, 'predict: row 0, "x": 1e+300 becomes Infinity'],
  [{ ...ROW, district: 'nort' }, 'did you mean "north"?'],
  [{ ...ROW, district: null }, 'predict: row 0, "district": the value is missing'],
  [{ aeg: 41, x: 1, district: 'north', note: '', y: 1 }, 'no column "age"; did you mean "aeg"?'],
  [[ROW, 5 as never], 'row 1 is 5; expected an object'],
  [[] as never, 'expected rows of named columns'],
])('what a row lacks is refused (case %#)', (row, message) => {
  expect(() => applyPreparation(PREPARATION, row as NamedRow)).toThrow(message);
});

test('unknown categories are zeros where that is asked for, and numbers are found however they are written', () => {
  const preparation: Preparation = {
    inputs: [{ kind: 'one-hot', column: 'zone', categories: ['3', 'b'], unknown: 'ignore' }],
    targets: [{ kind: 'class', column: 'kind', classNames: ['0', '1'] }],
  };
  const rows = [{ zone: '3.0' }, { zone: 3 }, { zone: 'b' }, { zone: 'c' }];
  expect([...applyPreparation(preparation, rows).inputs]).toEqual([1, 0, 1, 0, 0, 1, 0, 0]);
  const { targets, classes } = prepareTargets(preparation, [{ kind: 1 }, { kind: '0' }]);
  expect([targets, classes]).toEqual([Int32Array.of(1, 0), 2]);
  expect(classNameOf(preparation, 1)).toBe('1');
  expect(() => classNameOf(preparation, 2)).toThrow('no class 2');
  expect(() => prepareTargets(preparation, { kind: 2 })).toThrow('class "2" is not known');
  expect(() => invertTargets(preparation, [1])).toThrow('the target is a class');
  expect(targetUnits(preparation)).toBeUndefined();
});

test('targets come back in their unit', () => {
  const { targets, targetShape } = prepareTargets(PREPARATION, [{ price: 108 }, { price: 90 }]);
  expect([targets, targetShape]).toEqual([Float32Array.of(2, -2.5), [1]]);
  expect([...invertTargets(PREPARATION, targets)]).toEqual([108, 90]);
  expect(targetUnits(PREPARATION)).toEqual([4]);
  const [, scaled] = PREPARATION.inputs as Preparation['targets'];
  expect([...invertTargets({ targets: [scaled] as never }, [-1, 0, 1])]).toEqual([1, 2, 3]);
});

test('a column that was constant becomes 0, and comes back', () => {
  const target = { kind: 'min-max', column: 'a', least: 5, most: 5, low: 0, high: 1 } as const;
  const { targets } = prepareTargets({ targets: [target] }, [{ a: 5 }, { a: 6 }]);
  expect([...targets]).toEqual([0, 1]);
  expect([...invertTargets({ targets: [target] }, targets)]).toEqual([5, 6]);
});

test('a preparation that was kept as JSON is the same; what none has is refused', () => {
  expect(validatePreparation(JSON.parse(JSON.stringify(PREPARATION)))).toEqual(PREPARATION);
  const bad: readonly [object, string][] = [
    [{ ...PREPARATION, inputs: [] }, 'inputs: expected a list of columns'],
    [{ ...PREPARATION, more: 1 }, 'unknown field "more"'],
    [{ targets: PREPARATION.targets }, 'inputs is nothing'],
  ];
  const column = (change: object, at = 0): object => ({
    ...PREPARATION,
    inputs: [{ ...PREPARATION.inputs[at], ...change }],
  });
  for (const [value, message] of [
    ...bad,
    [column({ deviation: 0 }), 'inputs[0]: deviation is 0'],
    [column({ mean: null }), 'mean is null'],
    [column({ kind: 'toString' }), 'kind is "toString"'],
    [column({ most: 0 }, 1), 'most is 0'],
    [column({ high: -1 }, 1), 'high is -1'],
    [column({ categories: ['a', 'a'] }, 2), 'categories is an array'],
    [column({ unknown: 'guess' }, 2), 'unknown is "guess"'],
    [column({ code: 'x' }, 3), 'unknown field "code"'],
    [
      {
        ...PREPARATION,
        targets: [...PREPARATION.targets, { kind: 'class', column: 'c', classNames: ['a'] }],
      },
      'a column of classes is the only target',
    ],
  ] as const) {
    expect(() => validatePreparation(value), message).toThrow(message);
  }
});

test('rows of named columns are told from numbers', () => {
  for (const rows of [{ a: 1 }, [{ a: 1 }]]) expect(isNamedRows(rows)).toBe(true);
  for (const other of [[1, 2], [[1, 2]], Float32Array.of(1), [], null, 'a', { length: 2 }]) {
    expect(isNamedRows(other)).toBe(false);
  }
});

import { applyPreparation, type Preparation, validatePreparation } from '@lockstep/core';
import { expect, test } from 'vitest';
import { isShared } from '../shared.js';
import { split } from '../split.js';
import { tableOf } from '../table/table.js';
import { bagOfWords, classOf, minMax, oneHot, passThrough, standardise } from './columns.js';
import { datasetOf, prepare } from './prepare.js';

const TRAIN = tableOf({
  age: [10, 20, 30, 40],
  x: [1, 3, 2, 5],
  district: ['south', 'north', 'south', 'east'],
  same: [7, 7, 7, 7],
  species: ['b', 'a', 'b', 'a'],
});
const TEST = tableOf({
  ...{ age: [25], x: [7], district: ['east'], same: [8], species: ['a'] },
});

test('what is learnt from the training part goes for all parts', () => {
  const { data, preparation } = prepare(
    { train: TRAIN, test: TEST },
    {
      inputs: [standardise('age'), minMax('x'), oneHot('district'), passThrough('same')],
      target: classOf('species'),
    },
  );
  expect(preparation).toEqual({
    inputs: [
      { kind: 'standardise', column: 'age', mean: 25, deviation: Math.sqrt(125) },
      { kind: 'min-max', column: 'x', least: 1, most: 5, low: 0, high: 1 },
      {
        ...{ kind: 'one-hot', column: 'district', unknown: 'refuse' },
        categories: ['east', 'north', 'south'],
      },
      { kind: 'pass-through', column: 'same' },
    ],
    targets: [{ kind: 'class', column: 'species', classNames: ['a', 'b'] }],
  });
  expect([...data.train.targets, ...data.test.targets]).toEqual([1, 0, 1, 0, 0]);
  expect([...data.test.inputs]).toEqual([0, 1.5, 1, 0, 0, 8]);
  expect(data.train).toMatchObject({
    ...{ samples: 4, inputShape: [6], targetShape: [], classes: 2, classNames: ['a', 'b'] },
    inputNames: ['age', 'x', 'district=east', 'district=north', 'district=south', 'same'],
  });
  expect(data.train.preparation).toBe(preparation);
  expect(isShared(data.train.inputs) && isShared(data.train.targets)).toBe(true);
  expect(
    datasetOf(TEST, validatePreparation(JSON.parse(JSON.stringify(preparation)))).inputs,
  ).toEqual(data.test.inputs);
  expect(applyPreparation(preparation, TEST.row(0)).inputs).toEqual(
    new Float32Array(data.test.inputs),
  );
});

test('names alone stand for what is usual', () => {
  const { data, preparation } = prepare(TRAIN, { target: 'age' });
  expect(preparation.inputs.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
    'standardise x',
    'one-hot district',
    'standardise same',
    'one-hot species',
  ]);
  expect(preparation.targets).toMatchObject([{ kind: 'standardise', column: 'age', mean: 25 }]);
  expect(data.targetShape).toEqual([1]);
  const some = prepare(TRAIN, { inputs: ['x'], target: 'species' });
  expect(some.preparation.targets[0]!.kind).toBe('class');
  const two = prepare(TRAIN, { inputs: ['x'], target: ['age', minMax('same')] });
  expect(two.data.targetShape).toEqual([2]);
  expect([...two.data.targets].filter((_, i) => i % 2 === 1)).toEqual([0, 0, 0, 0]);
});

test('a constant column is only moved', () => {
  const { data } = prepare(TRAIN, { inputs: [standardise('same')], target: 'age' });
  expect([...data.inputs]).toEqual([0, 0, 0, 0]);
});

test('missing values are refused, or something stands for them, now and later', () => {
  const train = tableOf({ a: [1, null, 3, 8], b: ['u', 'v', null, 'v'], y: [1, 2, 3, 4] });
  const learn = (missing?: 'mean' | 'constant' | { constant: number | string }) =>
    prepare(train, { inputs: [passThrough('a'), oneHot('b')], target: passThrough('y'), missing });
  expect(() => learn()).toThrow(
    'prepare: table table: column "a": 1 of 4 values is missing, the first in row 1; leave such rows out, or say what stands',
  );
  const { preparation, data } = learn('mean');
  expect(preparation.inputs).toMatchObject([{ missing: 4 }, { missing: 'v' }]);
  expect([...data.inputs]).toEqual([1, 1, 0, 4, 0, 1, 3, 0, 1, 8, 0, 1]);
  expect([...applyPreparation(preparation, { b: 'u' }).inputs]).toEqual([4, 1, 0]);
  expect(learn('constant').preparation.inputs).toMatchObject([
    { missing: 0 },
    { missing: 'missing', categories: ['missing', 'u', 'v'] },
  ]);
  expect(() => learn({ constant: 'none' })).toThrow('it holds numbers, and "none" is to stand');
  const own = prepare(train, {
    inputs: [standardise('a', { missing: { constant: 4 } }), oneHot('b', { missing: 'mean' })],
    target: passThrough('y'),
  });
  expect(own.preparation.inputs[0]).toMatchObject({ mean: 4, missing: 4 });
  const holes = tableOf({ a: [1, 2], y: [1, null] });
  expect(() => prepare(holes, { target: 'y', missing: 'mean' })).toThrow(
    'column "y": 1 of 2 values is missing',
  );
});

test('categories of numbers are in the order of numbers, and unknown ones are zeros where that is asked for', () => {
  const train = tableOf({ zone: [10, 9, 10], y: [0, 1, 2] });
  const { preparation } = prepare(train, {
    inputs: [oneHot('zone', { unknown: 'ignore' })],
    target: passThrough('y'),
  });
  expect(preparation.inputs[0]).toMatchObject({ categories: ['9', '10'] });
  expect([...applyPreparation(preparation, [{ zone: 10 }, { zone: 11 }]).inputs]).toEqual([
    0, 1, 0, 0,
  ]);
});

test('texts become bags of words', () => {
  const train = tableOf({
    text: ['Win money, win now!', 'lunch now?', 'money money'],
    kind: ['spam', 'ham', 'spam'],
  });
  const { data, preparation } = prepare(train, {
    inputs: [bagOfWords('text', { words: 3 })],
    target: classOf('kind'),
  });
  expect(preparation.inputs[0]).toMatchObject({ words: ['money', 'now', 'win'] });
  expect([...data.inputs]).toEqual([1, 1, 2, 0, 1, 0, 2, 0, 0]);
});

test('what cannot be prepared is refused with column, row and remedy', () => {
  const names = Array.from({ length: 150 }, (_, i) => `name ${i}`);
  const table = tableOf({ name: names, n: names.map((_, i) => i), t: names.map(() => '1,5') });
  const refused: readonly [() => unknown, string][] = [
    [() => prepare(table, { target: 'n' }), 'column "name" holds 150 different texts in 150 rows'],
    [() => prepare(table, { target: 'm', inputs: ['n'] }), 'there is no column "m"'],
    [() => prepare(table, { target: 'n', inputs: ['n'] }), '"n" is the target and an input'],
    [() => prepare(table, { target: 'n', inputs: [] }), 'inputs is empty'],
    [() => prepare(table, { target: 'n', inputs: [standardise('t')] }), 'it has a decimal comma'],
    [
      () => prepare(table, { target: 'n', inputs: [standardise('name')] }),
      'row 0: "name 0" is not',
    ],
    [() => prepare(table, { target: oneHot('name'), inputs: ['n'] }), 'one-hot is for inputs'],
    [() => prepare(table, { target: 'n', inputs: [classOf('t')] }), 'classOf is for the target'],
    [() => prepare(table, { target: 'n', inputs: [5 as never] }), 'inputs has 5'],
    [() => prepare(table, { target: 'n', missing: 'median' as never }), 'missing is "median"'],
    [
      () => prepare(tableOf({ n: [1, 2], p: [1.5, 2] }), { target: classOf('p') }),
      '"1.5" has a fraction; is this a number to be predicted (then say standardise)',
    ],
    [() => prepare({} as never, { target: 'n' }), 'expected a table'],
    [() => minMax('x', { range: [1, 1] }), 'range[1] must be a finite float32 > 1'],
    [() => oneHot('x', { categories: ['a', 'a'] }), 'categories has "a" twice'],
  ];
  for (const [work, message] of refused) expect(work, message).toThrow(message);
});

test('a column of numbers with something else among them is told as such', () => {
  const table = tableOf({ a: ['1', '2', 'x4', '3'], b: ['1,5', '2,5', '3', '4'], y: [1, 2, 3, 4] });
  expect(() => prepare(table, { inputs: ['a'], target: 'y' })).toThrow(
    'column "a" holds numbers, and in row 2 "x4" is not a finite float32 number: it is text',
  );
  expect(() => prepare(table, { inputs: ['b'], target: 'y' })).toThrow('it has a decimal comma');
});

test('a part with what the training part lacks is refused by part, row and column', () => {
  const other = tableOf({ x: [1], district: ['west'], species: ['c'] });
  const inputs = ['x', 'district'];
  const both = { train: TRAIN, test: other };
  expect(() => prepare(both, { inputs, target: passThrough('x') })).toThrow('is the target and');
  expect(() => prepare(both, { inputs, target: 'species' })).toThrow(
    /prepare test: table table: row 0, "district": "west" is none of the categories .*unknown: 'ignore'/,
  );
  expect(() => prepare(both, { inputs: ['x'], target: 'species' })).toThrow(
    'row 0, "species": class "c" is not known; the training data has a, b',
  );
});

test('another table goes on from what was learnt before; classes are those that it has', () => {
  const inputs = ['x', 'district'];
  const before = prepare(TRAIN, { inputs, target: 'age' }).preparation;
  const { data, preparation } = prepare(TEST, { from: before });
  expect(preparation).toEqual(before);
  expect(data.inputs).toEqual(datasetOf(TEST, before).inputs);
  expect(prepare(TEST, { from: before, target: 'age' }).preparation).toEqual(before);
  const other = prepare(TRAIN, { from: before, target: classOf('species') }).preparation;
  expect(other).toMatchObject({ inputs: before.inputs, targets: [{ classNames: ['a', 'b'] }] });
  expect(() => prepare(TEST, { from: before, inputs, target: 'age' })).toThrow('leave inputs out');
  expect(() => prepare(TEST, {})).toThrow('prepare: target is missing');
  expect(() => prepare(TEST, { from: before, target: 'x' })).toThrow('is the target and an input');
});

test('a split table is prepared in one call', () => {
  const parts = split(TRAIN, { test: 0.25 });
  const { data } = prepare(parts, { inputs: ['x'], target: 'species' });
  expect([data.train.samples, data.test.samples]).toEqual([3, 1]);
  const learnt: Preparation = data.train.preparation!;
  expect(data.test.preparation).toBe(learnt);
});

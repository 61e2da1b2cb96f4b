import { expect, test } from 'vitest';
import { fromArrays } from './arrays.js';
import { isShared } from './shared.js';
import { firstSamples, split, trainTestSplit } from './split.js';
import { tableOf } from './table/table.js';

const COUNT = 10;
/** Sample i has the inputs [i, i + 100] and the label i, so that rows can be recognised. */
const DATASET = fromArrays({
  inputs: Array.from({ length: COUNT }, (_, i) => [i, i + 100]),
  inputShape: [2],
  labels: Array.from({ length: COUNT }, (_, i) => i),
});

test('every sample goes into exactly one part, with its own inputs and target', () => {
  const { train, test: held } = trainTestSplit(DATASET, { testFraction: 0.3, seed: 1 });
  expect([train.samples, held.samples]).toEqual([7, 3]);
  expect([...train.targets, ...held.targets].sort((a, b) => a - b)).toEqual([...DATASET.targets]);
  for (const part of [train, held]) {
    expect(part).toMatchObject({ inputShape: [2], classes: 10, inputDivisor: 1 });
    expect(isShared(part.inputs) && isShared(part.targets)).toBe(true);
    expect([...part.inputs]).toEqual([...part.targets].flatMap((i) => [i, i + 100]));
  }
});

test('the seed decides, and only the seed', () => {
  const cut = (seed: number) => [
    ...trainTestSplit(DATASET, { testFraction: 0.5, seed }).test.targets,
  ];
  expect(cut(1)).toEqual(cut(1));
  expect(cut(1)).not.toEqual(cut(2));
});

test('bytes and values keep their types', () => {
  const pixels = fromArrays({
    inputs: new Uint8Array([1, 2, 3, 4]),
    inputShape: [1],
    targets: [0.1, 0.2, 0.3, 0.4],
  });
  const { train } = trainTestSplit(pixels, { testFraction: 0.25, seed: 0 });
  expect(train.inputs).toBeInstanceOf(Uint8Array);
  expect(train.targets).toBeInstanceOf(Float32Array);
});

test('a part that would be empty is refused', () => {
  const cut = (testFraction: unknown) => () =>
    trainTestSplit(DATASET, { testFraction: testFraction as number, seed: 0 });
  for (const testFraction of [0.04, 0.96]) {
    expect(cut(testFraction)).toThrow(
      /trainTestSplit: testFraction .* of 10 samples leaves .*; expected 1 to 9/,
    );
  }
  for (const testFraction of [0, 1, -1, Number.NaN, '0.25', null]) {
    expect(cut(testFraction)).toThrow(
      `testFraction must be a finite float32 > 0 and < 1, got ${JSON.stringify(testFraction).replace('null', String(testFraction))}`,
    );
  }
});

test('the first samples are a view, and asking for more than there are gives all', () => {
  const { samples, inputs, targets } = firstSamples(DATASET, 4);
  expect(samples).toBe(4);
  expect([...targets]).toEqual([0, 1, 2, 3]);
  expect([...inputs]).toEqual([0, 100, 1, 101, 2, 102, 3, 103]);
  expect(inputs.buffer).toBe(DATASET.inputs.buffer);
  expect(firstSamples(DATASET, 99).samples).toBe(COUNT);
  for (const count of [0, -1, 1.5])
    expect(() => firstSamples(DATASET, count)).toThrow('at least 1');
});

test('three parts, and with one the samples that trainTestSplit gives', () => {
  const { train, validation, test: held } = split(DATASET, { validation: 0.2, test: 3, seed: 1 });
  expect([train.samples, validation.samples, held.samples]).toEqual([5, 2, 3]);
  const all = [train, validation, held].flatMap(({ targets }) => [...targets]);
  expect(all.sort((a, b) => a - b)).toEqual([...DATASET.targets]);
  expect(held.targets).toEqual(
    trainTestSplit(DATASET, { testFraction: 0.3, seed: 1 }).test.targets,
  );
});

test('in order, what is newest is for testing', () => {
  const table = tableOf({ day: [1, 2, 3, 4, 5], note: ['a', null, 'c', 'd', 'e'] });
  const { train, validation, test: held } = split(table, { validation: 1, test: 2, inOrder: true });
  expect([...train.column('day')!]).toEqual([1, 2]);
  expect(train.column('note')).toEqual(['a', undefined]);
  expect([...validation.column('day')!, ...held.column('day')!]).toEqual([3, 4, 5]);
});

test('stratified, each part has the classes in their shares', () => {
  const kinds = Array.from({ length: 100 }, (_, i) =>
    i % 10 === 0 ? 'rare' : i % 2 ? 'odd' : 'even',
  );
  const table = tableOf({ kind: kinds, i: kinds.map((_, i) => i) });
  const parts = split(table, { validation: 0.1, test: 0.2, stratify: 'kind', seed: 3 });
  const counts = Object.entries(parts).map(([name, part]) => {
    const kind = [...(part.column('kind') as readonly string[])];
    return [name, ...['rare', 'odd', 'even'].map((one) => kind.filter((of) => of === one).length)];
  });
  expect(counts).toEqual([
    ['train', 7, 35, 28],
    ['validation', 1, 5, 4],
    ['test', 2, 10, 8],
  ]);
  const labels = kinds.map((kind) => (kind === 'rare' ? 1 : 0));
  const dataset = fromArrays({ inputs: kinds.map((_, i) => [i]), labels });
  const { test: held } = split(dataset, { test: 0.5, stratify: true });
  expect([...held.targets].filter((label) => label === 1)).toHaveLength(5);
});

test('a split that cannot be is refused', () => {
  const table = tableOf({ kind: ['a', 'b', 'b', 'b'], i: [1, 2, 3, 4] });
  const refused: readonly [object, string][] = [
    [{}, 'expected test, validation or both'],
    [{ test: 0.1 }, 'split: test 0.1 of 4 rows is 0; expected 1 to 3'],
    [{ test: 4 }, 'split: test 4 of 4 rows is 4'],
    [{ test: 1.5 }, 'as a whole number of rows'],
    [{ test: 2, validation: 2 }, '4 of 4 rows are for validation and test; none is left'],
    [{ test: 1, inOrder: true, seed: 1 }, 'inOrder goes without seed'],
    [{ test: 1, stratify: 'kind' }, 'class "a" has 1 row for 2 parts'],
    [{ test: 1, stratify: 'knid' }, 'did you mean "kind"?'],
    [{ test: 1, stratify: true }, 'expected the name of a column'],
  ];
  for (const [options, message] of refused) {
    expect(() => split(table, options), message).toThrow(message);
  }
  const gaps = tableOf({ a: [1, null, 1], b: ['x', null, 'x'] });
  for (const stratify of ['a', 'b']) {
    expect(() => split(gaps, { test: 1, stratify })).toThrow(
      'the class of missing values has 1 row',
    );
  }
  expect(() => split(tableOf({ a: [1] }), { test: 0.5 })).toThrow('1 row makes no two parts');
  const values = fromArrays({ inputs: [[0], [1]], targets: [0, 1] });
  expect(() => split(values, { test: 1, stratify: true })).toThrow('has numbers as targets');
});

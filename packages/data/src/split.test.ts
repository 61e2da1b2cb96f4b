import { expect, test } from 'vitest';
import { fromArrays } from './arrays.js';
import { isShared } from './shared.js';
import { firstSamples, trainTestSplit } from './split.js';

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
  const split = (testFraction: unknown) => () =>
    trainTestSplit(DATASET, { testFraction: testFraction as number, seed: 0 });
  for (const testFraction of [0.04, 0.96]) {
    expect(split(testFraction)).toThrow(
      /trainTestSplit: testFraction .* of 10 samples leaves .*; expected 1 to 9/,
    );
  }
  for (const testFraction of [0, 1, -1, Number.NaN, '0.25', null]) {
    expect(split(testFraction)).toThrow(
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

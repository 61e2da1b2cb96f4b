// Preparation and metrics against scikit-learn's (sklearn.json, made by golden_sklearn.py).
// Prepared numbers are float32 of float64 sums of up to 50 numbers, which numpy adds in another order: 2e-6 mixed, where the
// data is not large beside its spread. Metrics are float32 sums over chunks: 2e-6 mixed.
import { readFileSync } from 'node:fs';
import {
  applyPreparation,
  binaryCrossEntropy,
  crossEntropy,
  type DatasetInput,
  evaluate,
  invertTargets,
  type Loss,
  type Model,
  meanSquaredError,
} from '@lockstep/core';
import {
  bagOfWords,
  datasetOf,
  minMax,
  oneHot,
  passThrough,
  prepare,
  standardise,
  tableOf,
} from '@lockstep/data';
import { describe, expect, test } from 'vitest';

interface NumberCase {
  readonly name: string;
  readonly kind: string;
  readonly missing: 'mean' | 'constant' | null;
  readonly train: readonly (number | null)[];
  readonly test: readonly (number | null)[];
  readonly preparedTrain: readonly number[];
  readonly preparedTest: readonly number[];
  readonly inverted: readonly number[];
}

type Metrics = Readonly<Record<string, unknown>>;

const golden: {
  readonly numbers: readonly NumberCase[];
  readonly categories: {
    readonly train: readonly (string | null)[];
    readonly test: readonly (string | null)[];
    readonly categories: readonly string[];
    readonly preparedTrain: readonly number[][];
    readonly preparedTest: readonly number[][];
    readonly zones: readonly number[];
    readonly zoneCategories: readonly string[];
    readonly preparedZones: readonly number[][];
  };
  readonly words: {
    readonly texts: readonly string[];
    readonly words: readonly string[];
    readonly counts: readonly number[][];
    readonly frequent: readonly string[];
    readonly common: readonly string[];
  };
  readonly classes: {
    readonly scores: number[][];
    readonly labels: number[];
    readonly metrics: Metrics;
  };
  readonly twoClasses: {
    readonly labels: readonly string[];
    readonly cases: Readonly<
      Record<string, { readonly logits: number[]; readonly metrics: Metrics }>
    >;
  };
  readonly values: {
    readonly targets: number[][];
    readonly predicted: number[][];
    readonly scaledPredicted: number[][];
    readonly metrics: Metrics;
  };
} = JSON.parse(readFileSync(new URL('./sklearn.json', import.meta.url), 'utf8'));

const TOLERANCE = 2e-6;

function expectClose(got: ArrayLike<number>, wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    const limit = TOLERANCE * Math.max(1, Math.abs(value));
    expect(Math.abs(got[i]! - value), `${i}: ${got[i]} for ${value}`).toBeLessThanOrEqual(limit);
  });
}

const PLANS = {
  standardise,
  'min-max': minMax,
  'min-max from -1 to 1': (column: string, options: object) =>
    minMax(column, { ...options, range: [-1, 1] }),
} as const;

describe('columns of numbers', () => {
  test.each(golden.numbers)('$name by $kind, missing: $missing', (one) => {
    const rule = one.missing === 'constant' ? ({ constant: 7.5 } as const) : 'mean';
    const missing = one.missing === null ? undefined : rule;
    const plan = PLANS[one.kind as keyof typeof PLANS]('x', { missing });
    const tables = [one.train, one.test].map((x) => tableOf({ x, y: x.map(() => 0) }));
    const parts = { train: tables[0]!, test: tables[1]! };
    const { data } = prepare(parts, { inputs: [plan], target: passThrough('y') });
    expectClose(data.train.inputs, one.preparedTrain);
    expectClose(data.test.inputs, one.preparedTest);
    if (one.missing !== null) return;
    const back = { inputs: [passThrough('y')], target: plan };
    const { data: learnt, preparation } = prepare(parts, back);
    expectClose(invertTargets(preparation, learnt.test.targets), one.inverted);
  });
});

test('categories, missing ones filled with the most frequent, unknown ones ignored', () => {
  const { train, test: later, zones, ...wanted } = golden.categories;
  const table = tableOf({ c: train, y: train.map(() => 0) });
  const options = { target: passThrough('y') };
  const { data, preparation } = prepare(table, {
    ...options,
    inputs: [oneHot('c', { unknown: 'ignore', missing: 'mean' })],
  });
  expect(preparation.inputs[0]).toMatchObject({ categories: wanted.categories });
  expect([...data.inputs]).toEqual(wanted.preparedTrain.flat());
  const rows = later.map((c) => ({ c }));
  expect([...applyPreparation(preparation, rows).inputs]).toEqual(wanted.preparedTest.flat());
  const numbered = tableOf({ zone: zones, y: zones.map(() => 0) });
  const { data: zoned, preparation: known } = prepare(numbered, {
    ...options,
    inputs: [oneHot('zone')],
  });
  expect(known.inputs[0]).toMatchObject({ categories: wanted.zoneCategories });
  expect([...zoned.inputs]).toEqual(wanted.preparedZones.flat());
});

test('words of texts', () => {
  const { texts, words, counts, frequent, common } = golden.words;
  // A text that is empty is a missing value in a table, and has no words.
  const table = tableOf({ text: texts, y: texts.map(() => 0) });
  const learn = (options: object) =>
    prepare(table, {
      inputs: [bagOfWords('text', { missing: { constant: '' }, ...options })],
      target: passThrough('y'),
    });
  const { data, preparation } = learn({});
  expect(preparation.inputs[0]).toMatchObject({ words });
  expect([...data.inputs]).toEqual(counts.flat());
  expect(learn({ words: 3 }).preparation.inputs[0]).toMatchObject({ words: frequent });
  expect(learn({ minRows: 2 }).preparation.inputs[0]).toMatchObject({ words: common });
});

const said: Model = (x) => x;

function measured(data: DatasetInput, loss: Loss, wanted: Metrics): void {
  const { metrics } = evaluate({
    ...{ model: said, parameters: new Map(), data, loss, onWarning: () => {} },
    metrics: Object.keys(wanted),
  });
  for (const [name, value] of Object.entries(wanted)) {
    expectClose([metrics[name]].flat(3) as number[], [value].flat(3) as number[]);
  }
}

test('metrics of four classes', () => {
  const { scores, labels, metrics } = golden.classes;
  const shape = { inputShape: [4], inputDivisor: 1, targetShape: [], classes: 4 };
  const data = {
    name: 'scores',
    samples: labels.length,
    ...shape,
    inputs: scores,
    targets: labels,
  };
  measured(data, crossEntropy(), metrics);
});

test.each(Object.entries(golden.twoClasses.cases))(
  'metrics of two named classes with one output, %s the positive one',
  (positive, { logits, metrics }) => {
    const { labels } = golden.twoClasses;
    const classNames = ['ham', 'spam'];
    const data: DatasetInput = {
      ...{ name: 'logits', samples: labels.length, inputShape: [1], inputDivisor: 1 },
      ...{ inputs: logits, targetShape: [], classes: 2, classNames },
      targets: labels.map((label) => classNames.indexOf(label)),
    };
    measured(data, binaryCrossEntropy({ positive }), metrics);
  },
);

test('metrics of numbers that were standardised, in the units of their columns', () => {
  const { targets, scaledPredicted, metrics } = golden.values;
  const table = tableOf({
    ...{ a: targets.map(([a]) => a!), b: targets.map(([, b]) => b!) },
    ...{ x: scaledPredicted.map(([x]) => x!), z: scaledPredicted.map(([, z]) => z!) },
  });
  const { preparation } = prepare(table, {
    inputs: [passThrough('x'), passThrough('z')],
    target: [standardise('a'), standardise('b')],
  });
  measured(datasetOf(table, preparation), meanSquaredError(), metrics);
});

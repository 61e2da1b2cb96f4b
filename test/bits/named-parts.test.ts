// A model with several inputs and outputs: it learns what the same network learns of the row by hand, with the same bytes for
// any number of threads, through an interruption and files; and it answers by name.
import { join } from 'node:path';
import {
  adam,
  add,
  concat,
  crossEntropy,
  decodeModel,
  encodeModel,
  type FitOptions,
  fit,
  linear,
  meanSquaredError,
  mul,
  namedModel,
  relu,
  reshape,
  sequential,
  slice,
  type Tensor,
  traceModel,
  weighted,
  weightsHash,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { evaluate, loadModel, resume, train } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { some } from '../long.js';
import { animalData, animalModel, animals } from './animals.js';
import { follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const SAMPLES = 70;
const data = { train: animalData(SAMPLES), test: animalData(30, SAMPLES) };
const options = {
  model: animalModel,
  data,
  loss: { species: crossEntropy(), age: weighted(meanSquaredError(), 0.1) },
  metrics: ['species.f1', 'age.mean-absolute-error'],
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 16,
  shards: 8,
  epochs: 4,
  seed: 2,
} satisfies FitOptions;

const expected = fit(options);
const hash = await weightsHash(expected.parameters);

describe('a model with several inputs and outputs', () => {
  it('learns, and tells metrics of each output', () => {
    const names = ['loss', 'species.loss', 'species.accuracy', 'age.loss'];
    expect(Object.keys(expected.metrics)).toEqual([
      ...names,
      'species.f1',
      'age.mean-absolute-error',
    ]);
    const [loss, species, , age] = names.map((name) => expected.metrics[name] as number);
    // Each is a mean of float32 sums, of a few samples.
    expect(Math.abs(loss! - species! - age!)).toBeLessThan(1e-6);
    expect(expected.epochs.at(-1)!.trainLoss).toBeLessThan(expected.epochs[0]!.trainLoss);
    expect([...expected.parameters.keys()]).toEqual(
      ['image', 'species', 'age'].flatMap((part) => [`${part}.weight`, `${part}.bias`]),
    );
  });

  it('learns what the same network by hand learns of one row', () => {
    const { inputs, targets } = data.train;
    const flat = fromArrays({ inputs, inputShape: [19], targets, targetShape: [4] });
    const { parameters } = fit({
      ...options,
      metrics: undefined,
      data: flat,
      model: (x, scope) => {
        const seen = relu(linear(16, 6)(slice(x, 0, 16), scope.child('image')));
        const both = concat([seen, slice(x, 16)]);
        const species = linear(9, 3)(both, scope.child('species'));
        return concat([species, linear(9, 1)(both, scope.child('age'))]);
      },
      loss: {
        name: 'both',
        build(output, target, about) {
          const of = (start: number, end: number) => [
            slice(output, start, end),
            slice(target, start, end),
          ];
          const [scores, classes] = of(0, 3);
          const [value, age] = of(3, 4);
          const first = crossEntropy().build(scores!, classes!, about).loss;
          return { loss: add(first, mul(meanSquaredError().build(value!, age!, about).loss, 0.1)) };
        },
      },
    });
    expect(parameters).toEqual(expected.parameters);
  });

  it.each(some(2, [3, 1, 2, 5]))('has the same bytes on %i threads', async (threads) => {
    const outcome = await followToEnd(train({ ...options, threads }));
    expect(outcome.weightsHash).toBe(hash);
    expect(outcome.epochs).toMatchObject(expected.epochs);
  });

  it('goes on after an interruption, and is kept with the names of its parts', async () => {
    const out = join(await temporaryFolder(), 'run');
    const stop = new AbortController();
    const first = train({ ...options, threads: 2, out, signal: stop.signal });
    await follow(first, ({ event }) => {
      if (event === 'epoch-end') stop.abort();
    });
    const { run } = await resume({ out, data, threads: 3 });
    expect((await followToEnd(run)).weightsHash).toBe(hash);
    const kept = await loadModel(out);
    expect(kept.traits).toEqual(expected.trained.traits);
    const { metrics } = await evaluate({ trained: kept, data: data.test, threads: 2 });
    expect(metrics['species.accuracy']).toBe(expected.metrics['species.accuracy']);
  });

  it('answers by name, one sample or several, again from its file', () => {
    const { image, table } = animals(30, SAMPLES);
    const again = decodeModel(encodeModel(expected.trained));
    const all = expected.trained.predictByName({ image, table });
    expect(all.species).toHaveLength(90);
    expect(all.age).toHaveLength(30);
    expect(again.predictByName(data.test)).toEqual(all);
    const rows = expected.trained.predict(data.test);
    expect([...rows.subarray(0, 4)]).toEqual([...all.species!.subarray(0, 3), all.age![0]]);
    const one = { image: image.subarray(16, 32), table: table[1]! };
    expect([...again.predictByName(one).species!]).toEqual([...all.species!.subarray(3, 6)]);
    const samples = table.map((row, i) => ({
      image: image.subarray(16 * i, 16 * (i + 1)),
      table: row,
    }));
    expect(again.predictByName(samples)).toEqual(all);
    expect(again.classifyByName(samples.slice(0, 1)).species).toHaveLength(1);
    expect(() => again.predict(Array(19).fill(1))).toThrow(
      'predict: the input is numbers without names, and the model divides "image" by 255; give its inputs by name: { image, table }',
    );
    expect(() => again.predictByName([one, { image: one.image }])).toThrow(
      'predictByName: sample 1: "table" is missing',
    );
    const { species } = again.classifyByName(one);
    expect(species).toMatchObject({ label: expect.stringMatching(/cat|dog|owl/) });
    const every = again.classifyByName({ image, table });
    expect(Object.keys(every)).toEqual(['species']);
    expect(() => again.classify(one as never)).toThrow(
      'classify: the model gives several outputs (species, age); classifyByName answers of each',
    );
    expect((every.species as unknown[])[1]).toEqual(species);
    expect(expected.trained.evaluate(data.test).metrics['age.loss']).toBe(
      expected.metrics['age.loss'],
    );
  });

  it('takes a plain number where an input is one number', () => {
    const { trained } = fit({
      model: namedModel<'area'>(({ area }, scope) => linear(1, 1)(area, scope)),
      data: fromArrays({ inputs: { area: [[1], [2]] }, targets: [1, 2] }),
      ...{ loss: meanSquaredError(), optimizer: adam(), epochs: 1 },
    });
    const [one] = trained.predict({ area: [1] });
    expect([...trained.predict({ area: 1 })]).toEqual([one]);
    expect([...trained.predict([{ area: 1 }, { area: 1 }])]).toEqual([one, one]);
    expect(() => trained.predict({ area: '1' as never })).toThrow(
      '"area": inputs are the text "1"',
    );
  });

  it('may have one of both: inputs by name with one output, or one input with outputs by name', () => {
    const { image, table, labels } = animals(20);
    const loss = crossEntropy();
    const optimizer = adam();
    const several = fit({
      model: namedModel<'image' | 'table'>((inputs, scope) =>
        linear(19, 3)(concat([reshape(inputs.image, [16]), inputs.table]), scope),
      ),
      data: fromArrays({ inputs: { image, table }, inputShape: { image: [16] }, labels }),
      ...{ loss, optimizer },
    });
    expect(
      several.trained.classify({ image: image.subarray(0, 16), table: table[0]! }),
    ).toBeDefined();
    const outputs = fit({
      model: namedModel((x: Tensor, scope) => ({
        a: linear(3, 1)(x, scope.child('a')),
        b: linear(3, 2)(x, scope.child('b')),
      })),
      data: fromArrays({
        inputs: table,
        targets: { a: labels, b: table.map((row) => row.slice(1)) },
      }),
      loss: { b: meanSquaredError(), a: meanSquaredError() },
      optimizer,
    });
    expect(Object.keys(outputs.trained.predictByName(table[0]!))).toEqual(['a', 'b']);
  });
});

describe('what does not go together is refused', () => {
  const make = (change: object) => () => fit({ ...options, ...change } as never);
  const plain = sequential(linear(19, 3));
  const unnamed = fromArrays({ inputs: [[1, 2]], labels: [0], classes: 2 });
  const withClassesReversed = {
    ...data.test,
    targetParts: data.test.targetParts!.map(({ classNames, ...part }) => ({
      ...part,
      ...(classNames && { classNames: [...classNames].reverse() }),
    })),
  };

  it.each([
    [
      'one loss for several outputs',
      { loss: crossEntropy() },
      'loss: the model gives outputs by name (species, age); expected a loss for each that is learnt, { species: …, age: … }',
    ],
    [
      'a loss of no output',
      { loss: { ...options.loss, size: crossEntropy() } },
      'loss: the model gives no output "size"; it gives species, age',
    ],
    [
      'a target without a loss',
      { loss: { species: crossEntropy() } },
      'loss, of the targets: "age" is missing; expected { species, age }',
    ],
    [
      'losses by name for one output',
      { model: () => plain, metrics: [] },
      'model: gave a function instead of a tensor',
    ],
    [
      'an input that there is not',
      { model: namedModel<'picture'>(({ picture }, scope) => linear(4, 1)(picture, scope)) },
      'model: there is no input "picture"; the data has inputs by name: image, table',
    ],
    [
      'a metric of no output',
      { metrics: ['accuracy'] },
      'say of which, as species.accuracy or age.accuracy',
    ],
    ['a metric that there is not', { metrics: ['age.size'] }, 'there is no metric "age.size"'],
    [
      'targets without names',
      {
        model: namedModel((x: Tensor) => ({ a: x })),
        data: unnamed,
        metrics: [],
        loss: { a: crossEntropy() },
      },
      'have no names; give targets or labels by name',
    ],
    [
      'test data with classes in another order',
      { data: { train: data.train, test: withClassesReversed } },
      'has species [3] (owl, dog, cat), age [1] as targets, the training data has species [3] (cat, dog, owl), age [1]',
    ],
    [
      'test data with other parts',
      { data: { train: data.train, test: unnamed } },
      'the two must be equal',
    ],
  ])('%s', (_, change, message) => {
    expect(make(change)).toThrow(message);
  });

  it('heads that are not the output’s parts, from outside', () => {
    const graph = traceModel(animalModel, [19], { inputParts: data.train.inputParts });
    for (const heads of [
      [],
      [{ name: 'a', shape: [3] }],
      [{ name: 'a', shape: [4], loss: 'no' }],
      1,
    ]) {
      expect(() => fit({ ...options, model: { ...graph, heads } as never })).toThrow();
    }
  });
});

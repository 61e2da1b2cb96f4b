// A network meets data that it was not trained on: what means something else is refused, whatever the sizes say.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  crossEntropy,
  flatten,
  linear,
  meanSquaredError,
  type Parameters,
  sequential,
  traceModel,
} from '@lockstep/core';
import { fromArrays, parseCsv } from '@lockstep/data';
import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import { evaluate, loadRunWeights, loadWeights, resume, train } from '@lockstep/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const SAMPLES = 24;
const inputs = Float32Array.from({ length: SAMPLES * 6 }, (_, i) => ((i * 37) % 11) / 11);
const labels = Int32Array.from({ length: SAMPLES }, (_, i) => i % 3);
const fruit = { inputs, inputShape: [2, 3], labels, classNames: ['fig', 'kiwi', 'lime'] };
const options = {
  model: sequential(flatten(), linear(6, 3)),
  data: { train: fromArrays(fruit) },
  loss: crossEntropy(),
  optimizer: adam(),
  threads: 1,
};

let run: string;
beforeAll(async () => {
  run = await mkdtemp(join(tmpdir(), 'lockstep-bits-'));
  await train({ ...options, out: run }).result();
});
afterAll(() => rm(run, { recursive: true }));

const refused: [string, object, RegExp][] = [
  ['other classes', { classNames: ['fig', 'kiwi', 'date'] }, /has "date", which is no class/],
  ['more classes', { classNames: undefined, classes: 4 }, /has 4 classes, .* 3/],
  [
    'fewer classes',
    { classNames: undefined, labels: labels.map((label) => label % 2) },
    /has 2 classes, .* 3/,
  ],
  ['rows for columns', { inputShape: [3, 2] }, /inputs of \[3, 2\], .* \[2, 3\]/],
  ['flat inputs', { inputShape: [6] }, /inputs of \[6\]/],
  ['another divisor', { inputDivisor: 255 }, /divided by 255, .* divided by 1/],
  [
    'values for classes',
    { labels: undefined, classNames: undefined, targets: inputs.slice(0, SAMPLES) },
    /numbers as targets/,
  ],
];

describe('data that is not like the training data', () => {
  it.each(refused)('is refused as test data: %s', (_, change, message) => {
    const test = fromArrays({ ...fruit, ...change });
    expect(() => train({ ...options, data: { ...options.data, test } })).toThrow(message);
  });

  it.each(refused)('is refused in the evaluation of a run: %s', async (_, change, message) => {
    const { graph: model, parameters, trainedOn } = await loadRunWeights(run);
    const data = fromArrays({ ...fruit, ...change });
    await expect(evaluate({ model, parameters, trainedOn, data })).rejects.toThrow(message);
  });

  it.each(refused)('is refused where a run goes on: %s', async (_, change, message) => {
    const data = { train: fromArrays({ ...fruit, ...change }) };
    await expect(resume({ out: run, data })).rejects.toThrow(message);
  });

  it.each(refused.slice(1, 2))(
    'is refused by a graph with a loss, though nothing else is known: %s',
    async (_, change) => {
      const { graph: model, parameters } = await loadRunWeights(run);
      const data = fromArrays({ ...fruit, ...change });
      await expect(evaluate({ model, parameters, data })).rejects.toThrow(
        'the model tells 3 classes apart, the data has 4',
      );
    },
  );
});

describe('a table whose columns stand in another order', () => {
  const table = (text: string, more = {}) =>
    parseCsv(text, { target: 'fruit', task: 'classification', ...more });
  const rows = 'fig,1,2\nkiwi,3,4\nlime,5,6\n';
  const straight = table(`fruit,weight,girth\n${rows}`);
  const turned = `fruit,girth,weight\n${rows}`;
  const given = { ...options, model: linear(2, 3), data: { train: straight } };
  const message = /has the input "girth" where .* has "weight"/;

  it('is refused as test data, and taken in the right order', () => {
    const on = (test: typeof straight) => train({ ...given, data: { train: straight, test } });
    expect(() => on(table(turned))).toThrow(message);
    return on(table(turned, { columns: ['weight', 'girth'] })).result();
  });

  it('is refused by a run and by its weights, which remember the names', async () => {
    const out = join(await temporaryFolder(), 'run');
    await train({ ...given, out }).result();
    const { graph: model, parameters, trainedOn } = await loadRunWeights(out);
    const weights = await loadWeights(join(out, 'weights.safetensors'));
    expect(weights.trainedOn).toEqual(trainedOn);
    const on = (data: typeof straight) => evaluate({ model, parameters, trainedOn, data });
    await expect(on(table(turned))).rejects.toThrow(message);
    await expect(on(straight)).resolves.toBeDefined();
    await expect(resume({ out, data: { train: table(turned) } })).rejects.toThrow(message);
  });
});

describe('data that is like it', () => {
  it('may lack classes, or have them in another order: they are found by name', async () => {
    const { graph: model, parameters, trainedOn } = await loadRunWeights(run);
    const on = (data: object) =>
      evaluate({
        model,
        parameters,
        trainedOn,
        data: fromArrays({ ...fruit, ...data }),
        threads: 1,
      });
    const asTrained = await on({});
    const turned = {
      classNames: ['lime', 'kiwi', 'fig'],
      labels: labels.map((label) => 2 - label),
    };
    expect(await on(turned)).toEqual(asTrained);
    const without = { inputs: inputs.slice(0, 12), labels: [0, 1], classNames: ['kiwi', 'lime'] };
    const numbered = { ...without, labels: [1, 2], classNames: fruit.classNames };
    expect(await on(without)).toEqual(await on(numbered));
  });

  it('goes on with a run although it has its classes in another order', async () => {
    const turned = {
      classNames: ['lime', 'kiwi', 'fig'],
      labels: labels.map((label) => 2 - label),
    };
    const data = { train: fromArrays({ ...fruit, ...turned }) };
    const resumed = await resume({ out: run, data });
    await expect(resumed.run.result()).resolves.toBeDefined();
  });
});

describe('a metric that is no number', () => {
  it('ends the run with its last good state, and is not told', async () => {
    const out = await temporaryFolder();
    const values = { inputs, inputShape: [6], targets: inputs.slice(0, SAMPLES) };
    const test = fromArrays({ ...values, targets: new Float32Array(SAMPLES).fill(3e38) });
    const broken = train({
      ...{ ...options, model: linear(6, 1), loss: meanSquaredError(), out },
      data: { train: fromArrays(values), test },
    });
    await expect(broken.result()).rejects.toMatchObject({
      code: 'non-finite',
      message: expect.stringContaining('the loss is Infinity after step 1'),
    });
    const metrics = await readFile(join(out, 'metrics.jsonl'), 'utf8');
    expect(metrics).toContain('"event":"checkpoint"');
    expect(metrics).not.toContain('epoch-end');
  });
});

describe('a weights file', () => {
  it('says what it was trained on', async () => {
    const { trainedOn, converted } = await loadWeights(join(run, 'weights.safetensors'));
    expect(trainedOn).toEqual({
      ...{ inputShape: [2, 3], inputDivisor: 1, targetShape: [] },
      ...{ classes: 3, classNames: fruit.classNames },
    });
    expect(converted).toBeUndefined();
  });

  it('of other numbers is converted, and it is said', async () => {
    const file = join(await temporaryFolder(), 'half.safetensors');
    const tensors = new Map<string, StoredTensor>([
      ['weight', { dtype: 'F64', shape: [1, 2], data: Float64Array.of(0.1, -3) }],
      ['bias', { dtype: 'F16', shape: [1], data: Uint16Array.of(0x3800) }],
    ]);
    await writeFile(file, Buffer.concat(encodeSafetensors(tensors)));
    const { parameters, converted, trainedOn } = await loadWeights(file);
    expect(values(parameters)).toEqual({ weight: [Math.fround(0.1), -3], bias: [0.5] });
    expect(converted).toBe('1 F64, 1 F16 of 2 tensors are converted to float32 (F64 is rounded)');
    expect(trainedOn).toBeUndefined();
    const data = fromArrays({ inputs: [[1, 0]], targets: [0.6] });
    const model = traceModel(linear(2, 1), [2]);
    const { loss } = await evaluate({ model, parameters, data, loss: meanSquaredError() });
    expect(loss).toBeLessThan(1e-12);
  });

  it('that holds NaN, or is a folder, is refused by its name', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'nan.safetensors');
    const tensors = new Map<string, StoredTensor>([
      ['weight', { dtype: 'F32', shape: [1], data: Float32Array.of(Number.NaN) }],
    ]);
    await writeFile(file, Buffer.concat(encodeSafetensors(tensors)));
    await expect(loadWeights(file)).rejects.toThrow(
      `weights ${file}: "weight" holds NaN at element 0`,
    );
    await expect(loadWeights(run)).rejects.toThrow(
      `it is a folder, expected a safetensors or npz file; give ${join(run, 'weights.safetensors')}`,
    );
  });
});

function values(parameters: Parameters): Record<string, number[]> {
  return Object.fromEntries([...parameters].map(([name, { data }]) => [name, [...data]]));
}

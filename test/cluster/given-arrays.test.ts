// Arrays as people have them, from `train`, `resume`, `evaluate`, `coordinate` and `work`: the bits of one thread on bytes,
// or an error at once. And targets that the loss does not take, and a warning, by the same ways.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  adam,
  binaryCrossEntropy,
  crossEntropy,
  type DatasetInput,
  fit,
  linear,
  relu,
  sequential,
  sigmoid,
  softmax,
  weightsHash,
} from '@lockstep/core';
import { datasetSha256, firstSamples, fromArrays, trainTestSplit } from '@lockstep/data';
import { evaluate, type NewRunOptions, resume, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';

const SAMPLES = 64;
const PIXELS = Uint8Array.from({ length: 4 * SAMPLES }, (_, i) => (i * 37) % 256);
const LABELS = Array.from({ length: SAMPLES }, (_, i) => i % 3);
const BYTES = fromArrays({ inputs: PIXELS, inputShape: [4], labels: LABELS, inputDivisor: 255 });
const RUN = {
  model: sequential(linear(4, 6), relu(), linear(6, 3)),
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 16,
  shards: 4,
  epochs: 2,
};
const NETWORK = { port: 0, token: 'only these tests know it', topology: 'star' } as const;

const rows = LABELS.map((_, i) => [...PIXELS.subarray(4 * i, 4 * i + 4)]);
const OTHERS: readonly [string, DatasetInput][] = [
  ['floats', { ...BYTES, inputs: Float32Array.from(PIXELS) }],
  ['rows and plain labels', { ...BYTES, inputs: rows, targets: LABELS }],
  [
    'a Buffer and doubles',
    { ...BYTES, inputs: Buffer.from(PIXELS), targets: new Float64Array(LABELS) },
  ],
];
const right = fit({ ...RUN, data: { train: BYTES, test: BYTES } });
const hash = await weightsHash(right.parameters);
const { testLoss } = right.epochs.at(-1)!;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-given-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** On one worker over a link in memory, which fetches the data unless it is given. */
async function onCluster(options: NewRunOptions, own?: DatasetInput) {
  const run = coordinate({ ...options, ...NETWORK });
  let working: Promise<unknown> | undefined;
  const told = [];
  for await (const event of run) {
    told.push(event);
    if (event.event !== 'listening') continue;
    const data = own && [own];
    working = work(async () => run.connect(), {
      ...{ cacheDir: join(folder, 'cache'), threads: 1 },
      ...(data && { data }),
    }).result();
  }
  await working;
  return { result: await run.result(), told };
}

describe.each(OTHERS)('%s', (name, data) => {
  it('train on threads to the bits of bytes, and resume', async () => {
    const out = join(folder, name);
    const options = { ...RUN, data: { train: data, test: data } };
    const result = await train({ ...options, threads: 2, out }).result();
    expect(result).toMatchObject({ weightsHash: hash, testLoss });
    const { run } = await resume({ out, data: options.data, threads: 1 });
    expect((await run.result()).weightsHash).toBe(hash);
  });

  it('train on a cluster to the bits of bytes, fetched or at hand', async () => {
    const options = { ...RUN, data: { train: data, test: data } };
    const fetched = await onCluster(options);
    expect(fetched.result).toMatchObject({ weightsHash: hash, testLoss });
    const own = await onCluster(options, data);
    expect(own.result.weightsHash).toBe(hash);
  });

  it('are evaluated on threads as bytes are', async () => {
    const { model, loss } = RUN;
    const { parameters } = right;
    expect(await evaluate({ model, loss, parameters, data, threads: 1 })).toMatchObject({
      loss: testLoss,
    });
  });

  it('can be cut and hashed', () => {
    expect(firstSamples(data, 3).inputs).toHaveLength(12);
    expect(trainTestSplit(data, { testFraction: 0.25, seed: 1 }).test.samples).toBe(16);
    expect(datasetSha256(data)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what cannot be taken is refused at once', () => {
  const { model, loss } = RUN;
  const { parameters } = right;
  const holed = rows.map((row, i) => (i === 5 ? [1, 2, null as unknown as number, 4] : row));
  const bad = { ...BYTES, inputs: holed };
  const entries = { train, coordinate: (o: NewRunOptions) => coordinate({ ...o, ...NETWORK }) };

  it.each(['train', 'coordinate'] as const)('by %s', (entry) => {
    const begin = (options: object) => () =>
      entries[entry]({ ...RUN, data: { train: BYTES }, ...options } as NewRunOptions);
    expect(begin({ data: { train: bad } })).toThrow('input 2 of sample 5 is null');
    expect(begin({ data: { train: BYTES, test: bad } })).toThrow('input 2 of sample 5 is null');
    expect(begin({ data: { train: { ...BYTES, inputs: 'pixels' } } })).toThrow(
      'fit: data is no dataset'.replace('fit', entry),
    );
    const short = new Map(parameters).set('0.bias', { shape: [6], data: new Float32Array(5) });
    expect(begin({ parameters: short })).toThrow('"0.bias" has 5 values, expected 6');
    expect(begin({ parameters: {} })).toThrow('"0.weight" is missing');
    const other = new Map(parameters).set('1.bias', { shape: [1], data: new Float32Array(1) });
    expect(begin({ parameters: other })).toThrow('"1.bias" is not in the model');
    const signs = {
      ...BYTES,
      targetShape: [3],
      classes: undefined,
      targets: LABELS.flatMap(() => [1, -1, 1]),
    };
    expect(begin({ data: { train: signs }, loss: binaryCrossEntropy() })).toThrow(
      'binary-cross-entropy: dataset "arrays": sample 0: target 1 is -1',
    );
    expect(
      begin({ data: { train: BYTES, test: { ...BYTES, targets: LABELS.map((n) => n + 1) } } }),
    ).toThrow('label of sample 2 is 3');
  });

  it('by evaluate, resume and work', async () => {
    await expect(evaluate({ model, loss, parameters, data: bad })).rejects.toThrow('is null');
    const signs = {
      ...BYTES,
      targetShape: [3],
      classes: undefined,
      targets: LABELS.flatMap(() => [1, -1, 1]),
    };
    await expect(
      evaluate({ model, loss: binaryCrossEntropy(), parameters, data: signs }),
    ).rejects.toThrow('target 1 is -1');
    const out = join(folder, 'to-resume');
    await train({ ...RUN, data: { train: BYTES }, threads: 1, out }).result();
    await expect(resume({ out, data: { train: bad } })).rejects.toThrow('is null');
    const cacheDir = join(folder, 'cache');
    const nobody = () => Promise.reject(new Error('no link'));
    expect(() => work(nobody, { cacheDir, data: [bad] })).toThrow('is null');
  });

  it('by the loss that a run’s graph was made with, when its folder is evaluated on other data', async () => {
    const values = {
      ...BYTES,
      targetShape: [1],
      classes: undefined,
      targets: LABELS.map((n) => n % 2),
    };
    const one = { ...RUN, model: linear(4, 1), loss: binaryCrossEntropy() };
    const run = train({ ...one, data: { train: values }, threads: 1, out: join(folder, 'bce') });
    const result = await run.result();
    const { loadRunWeights } = await import('@lockstep/trainer');
    const { graph } = await loadRunWeights(join(folder, 'bce'));
    const signs = { ...values, targets: values.targets.map((n) => 2 * n - 1) };
    const on = (data: DatasetInput) =>
      evaluate({ model: graph, parameters: result.parameters, data, threads: 1 });
    await expect(on(values)).resolves.toMatchObject({ samples: SAMPLES });
    await expect(on(signs)).rejects.toThrow('sample 0: target 0 is -1');
  });
});

describe('a last layer that the loss applies once more', () => {
  const model = sequential(RUN.model, softmax());
  const warning = expect.stringMatching(/^the model ends in a softmax .*"0.2.bias".*cross-entropy/);

  it('is an event of a run on threads and on a cluster, once', async () => {
    const options = { ...RUN, model, data: { train: BYTES } };
    const consoled = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const told = [];
    for await (const event of train({ ...options, threads: 1 })) told.push(event);
    for (const events of [told, (await onCluster(options)).told]) {
      expect(events.filter(({ event }) => event === 'warning')).toEqual([
        { event: 'warning', time: expect.any(String), message: warning },
      ]);
    }
    expect(consoled).not.toHaveBeenCalled();
  });

  it('comes to the console where nobody looks at events', async () => {
    const consoled = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const options = { ...RUN, model, data: { train: BYTES } };
    const { parameters } = await train({ ...options, threads: 1 }).result();
    const onWarning = vi.fn();
    const { loss } = RUN;
    await evaluate({ model, loss, parameters, data: BYTES, threads: 1, onWarning });
    const sure = sequential(RUN.model, sigmoid());
    await evaluate({ model: sure, loss, parameters, data: BYTES, threads: 1 });
    expect(onWarning.mock.calls).toEqual([[warning]]);
    expect(consoled.mock.calls).toEqual([
      [expect.stringMatching(/^warning: the model ends in a softmax/)],
      [expect.stringMatching(/^warning: the model ends in a sigmoid/)],
    ]);
  });
});

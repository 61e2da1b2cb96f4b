// The built-in networks, each in a tiny form: the bits of one thread on any number of threads, with any kernels, in every topology, through
// deaths of threads, and through an interruption in the middle of an epoch; and the hash of one short run of each.
// A network that is added to `models` has its row here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import { adam, crop, crossEntropy, erase, flip, models, rotate } from '@lockstep/core';
import { fromArrays, textDataset } from '@lockstep/data';
import { type NewRunOptions, resume, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../backends-here.js';
import { some } from '../long.js';
import { follow, followToEnd } from './runs.js';

const CLASSES = 3;

/** Pictures of 2 × 12 × 12 bytes, lighter where their class says. */
function pictures(count: number, first = 0) {
  const inputs = Uint8Array.from({ length: count * 288 }, (_, i) => {
    const sample = first + Math.floor(i / 288);
    const noise = (i * 97 + sample * 31) % 89;
    return noise + ((i % 12) % CLASSES === sample % CLASSES ? 150 : 0);
  });
  const labels = Array.from({ length: count }, (_, i) => (first + i) % CLASSES);
  return fromArrays({ inputs, inputShape: [2, 12, 12], labels, classes: CLASSES });
}

// 70 = 2 · 32 + 6: three steps an epoch, the last one short.
const PICTURES = { train: pictures(70), test: pictures(20, 70) };
/** 80 windows of six characters and 20, of two words that come again and again. */
const TEXT = textDataset(
  Array.from({ length: 130 }, (_, i) => ['sun', 'moon'][(i * i) % 3]).join(' '),
  { tokenizer: 'characters', context: 6, test: 0.2 },
).data;
const VOCABULARY = TEXT.train.vocabulary!;
/** Series of 8 steps of 3 numbers, of which one rises. */
function series(count: number, first = 0) {
  const inputs = Float32Array.from({ length: count * 24 }, (_, i) => {
    const sample = first + Math.floor(i / 24);
    const rise = i % 3 === sample % CLASSES ? Math.floor((i % 24) / 3) / 8 : 0;
    return rise + ((i * 97 + sample * 31) % 89) / 200;
  });
  const labels = Array.from({ length: count }, (_, i) => (first + i) % CLASSES);
  return fromArrays({ inputs, inputShape: [8, 3], labels, classes: CLASSES });
}
const SERIES = { train: series(70), test: series(20, 70) };

const base: Omit<NewRunOptions, 'model' | 'data'> = {
  ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }) },
  ...{ batchSize: 32, shards: 8, epochs: 2, seed: 7 },
};
const augment = [crop(1), flip(), rotate(15), erase()];

/** Each with the hash of its weights. */
const NETWORKS: Readonly<Record<string, readonly [NewRunOptions, string]>> = {
  mlp: [
    { ...base, data: PICTURES, model: models.mlp({ outputs: CLASSES, hidden: [9] }) },
    '0ffb314169c31a8a1459304a38f4fa58d18a17f04de233794bfc4fd1d9aa26c7',
  ],
  lenet: [
    { ...base, data: PICTURES, augment, model: models.lenet({ outputs: CLASSES }) },
    '39df2d7ea4b5b815b15bdc267abf45be81629b22de142c6e87e9af78ea57c213',
  ],
  resnet: [
    { ...base, data: PICTURES, augment, model: models.resnet({ outputs: CLASSES, width: 3 }) },
    '1d8f1dc76f6e18a85a34d2ee88ea3bf2e7457b756967980aec2c8c9f9f088a0e',
  ],
  'mlp-mixer': [
    {
      ...{ ...base, data: PICTURES, augment },
      model: models.mlpMixer({ outputs: CLASSES, patch: 3, width: 6, depth: 1 }),
    },
    '4e6342e8f55be9d62dbd8344fbc9d5ae96a4fc4965205c91c5d4eadba8cde492',
  ],
  gpt: [
    {
      ...{ ...base, data: TEXT },
      model: models.gpt({
        ...{ vocabulary: VOCABULARY, context: 6 },
        ...{ layers: 2, heads: 2, size: 6, dropout: 0.1 },
      }),
    },
    'a5310a6ee38788eff248de74a2e2eed4838c6ff485fded0b723a5f448a31c110',
  ],
  lstm: [
    {
      ...{ ...base, data: TEXT },
      model: models.lstm({
        ...{ vocabulary: VOCABULARY, embedding: 3 },
        ...{ size: 5, layers: 2, dropout: 0.1 },
      }),
    },
    '291d4ca9a580ce3cc300abd6d985c0a9dbd2d64698015d51eb87a755d054f7e1',
  ],
};

const folder = mkdtempSync(join(tmpdir(), 'lockstep-models-'));
afterAll(() => rmSync(folder, { recursive: true }));
const NETWORK = { port: 0, token: 'only these tests know it' };

describe.each(Object.entries(NETWORKS))('%s', (name, [options, hash]) => {
  const alone = followToEnd(train({ ...options, threads: 1 }));
  const expected = async () => {
    const { weightsHash, epochs } = await alone;
    return { weightsHash, epochs };
  };

  it('has these bytes, on every engine', async () => {
    expect((await alone).weightsHash).toBe(hash);
  });

  it.each(some(1, [3, 2, 5]))('has the bytes of one thread on %d', async (threads) => {
    expect(await followToEnd(train({ ...options, threads }))).toMatchObject(await expected());
  });

  it.each(BACKENDS)('has them with %s kernels', async (_, backend) => {
    expect(await followToEnd(train({ ...options, ...backend, threads: 2 }))).toMatchObject(
      await expected(),
    );
  });

  it('has them when threads die', async () => {
    const faults = [
      { thread: 1, step: 1, when: 'compute', how: 'exit' },
      { thread: 0, step: 4, when: 'reduce', how: 'throw' },
    ] as const;
    const outcome = await followToEnd(train({ ...options, threads: 2, faults }));
    expect(outcome).toMatchObject(await expected());
  });

  it('has them when it is interrupted in the middle of an epoch', async () => {
    const out = join(folder, name);
    const controller = new AbortController();
    const { signal } = controller;
    const first = train({ ...options, out, signal, checkpointEvery: 1, threads: 2 });
    const before = await follow(first, (event) => {
      if (event.event === 'checkpoint' && event.step === 4) controller.abort();
    });
    const { run } = await resume({ out, data: options.data, threads: 3 });
    const after = await follow(run);
    const { weightsHash, epochs } = await expected();
    expect(after.weightsHash).toBe(weightsHash);
    expect([...before.epochs, ...after.epochs]).toEqual(epochs);
  });

  it.each(some(1, ['mesh', 'star'] as const))(
    'has them on two workers of different kernels in a %s',
    async (topology) => {
      const run = coordinate({ ...options, ...NETWORK, minWorkers: 2, topology });
      const working: Promise<unknown>[] = [];
      for await (const event of run) {
        if (event.event !== 'listening') continue;
        for (const [threads, kernels] of [
          [1, 'wasm'],
          [2, 'auto'],
        ] as const) {
          const { token } = NETWORK;
          const cacheDir = join(folder, 'cache');
          const place = { name: `w${threads}`, token, cacheDir, threads, kernels };
          working.push(work(event.url, place).result());
        }
      }
      const { weightsHash } = await run.result();
      expect(weightsHash).toBe((await expected()).weightsHash);
      await Promise.all(working);
    },
  );
});

it('lstm of series has these bytes, too, on one thread and on three', async () => {
  const model = models.lstm({ features: 3, outputs: CLASSES, size: 5, bidirectional: true });
  for (const threads of [1, 3]) {
    const run = train({ ...base, data: SERIES, model, threads });
    expect((await followToEnd(run)).weightsHash).toBe(
      'd860adc0229815e088d78c21749b4ebeb1d6af9c82fbccc505e2a9f8addd9f46',
    );
  }
});

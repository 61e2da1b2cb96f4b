// What cannot work is refused with a typed error before any thread starts, and leaves the disk as it was.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adam, crossEntropy, flatten, linear, sequential, traceModel } from '@lockstep/core';
import { firstSamples, fromArrays } from '@lockstep/data';
import {
  loadRunWeights,
  readRun,
  readWeights,
  resume,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { digits, network } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const data = await digits(100, 50);
const options: TrainOptions = {
  model: network,
  data,
  loss: crossEntropy(),
  optimizer: adam(),
  threads: 2,
};
const others = fromArrays({ inputs: new Float32Array(12), inputShape: [3], labels: [0, 1, 2, 0] });
const values = fromArrays({
  inputs: new Float32Array(784),
  inputShape: [1, 28, 28],
  targets: [1],
});

/** Every file under a folder with its content. */
async function contents(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const)),
  );
}

describe('train', () => {
  const refused: [string, Partial<TrainOptions>, string, RegExp][] = [
    [
      'a promise of data',
      { data: Promise.resolve(data) as never },
      'config',
      /train: data is a promise; await it/,
    ],
    ['no threads', { threads: 0 }, 'config', /threads must be an integer in \[1, 4096\], got 0/],
    ['half a thread', { threads: 1.5 }, 'config', /threads must be .*, got 1\.5/],
    [
      'two numbers of threads',
      { threads: 2, workers: 3 },
      'config',
      /train: threads is 2 and workers is 3, which are two names of one number; give threads/,
    ],
    [
      'checkpoints every 0 steps',
      { checkpointEvery: 0 },
      'config',
      /checkpointEvery must be .*, got 0/,
    ],
    [
      'a batch size of 0',
      { batchSize: 0 },
      'config',
      /batchSize must be an integer in \[1, 4294967295\], got 0/,
    ],
    [
      'a batch size that is no number',
      { batchSize: Number.NaN },
      'config',
      /batchSize must be .*, got NaN/,
    ],
    ['3 shards', { shards: 3 }, 'config', /3 is not a power of two/],
    [
      'less than no epoch',
      { epochs: -1 },
      'config',
      /epochs must be an integer in \[0, 2147483647\], got -1/,
    ],
    ['a negative seed', { seed: -1 }, 'config', /seed/],
    ['dropLast with less than a batch', { dropLast: true, batchSize: 101 }, 'config', /dropLast/],
    ['inputs of another size', { data: { train: others } }, 'shape', /784/],
    ['test data of another size', { data: { ...data, test: others } }, 'shape', /inputs/],
    ['test data without classes', { data: { ...data, test: values } }, 'shape', /class labels/],
    ['too few outputs', { model: sequential(flatten(), linear(784, 9)) }, 'shape', /./],
    ['a graph that is none', { model: {} as never }, 'graph', /graph/],
    [
      'a graph that has a loss already',
      { model: { ...traceModel(network, [1, 28, 28]), outputs: { output: 1, loss: 1 } } },
      'graph',
      /./,
    ],
    ['weights of another network', { parameters: new Map() }, 'config', /"1.weight" is missing/],
  ];

  it.each(refused)('refuses %s at once, and writes nothing', async (_, change, code, message) => {
    const folder = await temporaryFolder();
    const attempt = () => train({ ...options, out: join(folder, 'run'), ...change });
    expect(attempt).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a folder that holds a run, and leaves every byte of it', async () => {
    const out = await temporaryFolder();
    await train({ ...options, out }).result();
    const before = await contents(out);
    expect(before.size).toBe(5);
    await expect(train({ ...options, out, seed: 1 }).result()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${out} holds a run already`),
    });
    await rm(join(out, 'run.json'));
    before.delete(join(out, 'run.json'));
    await expect(train({ ...options, out, seed: 1 }).result()).rejects.toThrow(/holds a run/);
    expect(await contents(out)).toEqual(before);
  });

  it('takes a folder in which a run died before it could be seen', async () => {
    const out = await temporaryFolder();
    await train({ ...options, out, epochs: 0, seed: 7 }).result();
    // What comes first is the checkpoint that the run begins with; run.json is next, and all else comes after it.
    for (const name of await readdir(out)) {
      if (name !== 'checkpoints') await rm(join(out, name));
    }
    const { weightsHash } = await train({ ...options, out }).result();
    expect((await loadRunWeights(out)).weightsHash).toBe(weightsHash);
  });

  it('can be iterated once', async () => {
    const run = train(options);
    await run.result();
    await expect(run[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'config' });
  });
});

describe('resume', () => {
  async function finished(): Promise<string> {
    const out = await temporaryFolder();
    await train({ ...options, out }).result();
    return out;
  }

  async function refuses(
    change: Partial<Parameters<typeof resume>[0]>,
    code: string,
    message: RegExp,
  ) {
    const out = change.out ?? (await finished());
    const before = await contents(out);
    await expect(resume({ data, ...change, out })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await contents(out)).toEqual(before);
  }

  it('refuses a folder without a run', async () => {
    await refuses({ out: await temporaryFolder() }, 'config', /holds no run/);
  });

  it('refuses other data', async () => {
    await refuses(
      { data: { ...data, train: firstSamples(data.train, 99) } },
      'config',
      /other data/,
    );
    await refuses({ data: { train: data.train } }, 'config', /other data/);
  });

  it('refuses no threads and checkpoints every 0 steps', async () => {
    await refuses({ threads: 0 }, 'config', /threads must be an integer in \[1, 4096\], got 0/);
    await refuses({ checkpointEvery: 0 }, 'config', /checkpointEvery must be .*, got 0/);
  });

  it('refuses a run of another arithmetic, and names both', async () => {
    const out = await finished();
    const file = join(out, 'run.json');
    const json = await readFile(file, 'utf8');
    const line = /"arithmetic": "[^"]*",/;
    await writeFile(file, json.replace(line, '"arithmetic": "other-7",'));
    await refuses(
      { out },
      'engine',
      /with arithmetic other-7, backend \S+ has lockstep-1; the bits/,
    );
    await writeFile(file, json.replace(line, ''));
    const unnamed =
      /with an older version, whose arithmetic had no name \(kernels [0-9a-f]{64}\), .* has lockstep-1;/;
    await refuses({ out }, 'engine', unnamed);
  });

  it('refuses a run.json that was changed or damaged', async () => {
    const out = await finished();
    const file = join(out, 'run.json');
    const json = await readFile(file, 'utf8');
    for (const [changed, message] of [
      [json.replace('"seed": 0', '"seed": 1'), /belongs to another run/],
      [json.replace('"epochs": 1', '"epochs": -1'), /epochs is -1/],
      [json.slice(0, 100), /not valid JSON/],
      ['{}', /not a lockstep-run/],
      ['null', /not a lockstep-run/],
    ] as const) {
      expect(changed).not.toBe(json);
      await writeFile(file, changed);
      await refuses({ out }, 'config', message);
    }
  });

  it('refuses a run without checkpoints', async () => {
    const out = await finished();
    await rm(join(out, 'checkpoints'), { recursive: true });
    await refuses({ out }, 'config', /no checkpoint/);
  });
});

describe('the files of a run', () => {
  it('give back what was trained', async () => {
    const out = await temporaryFolder();
    const origin = { files: ['a', 'b'] };
    const { parameters, weightsHash } = await train({
      ...options,
      out,
      origin,
      name: 'mine',
    }).result();
    const loaded = await loadRunWeights(out);
    expect(loaded).toMatchObject({ weightsHash, origin });
    expect([...loaded.parameters.keys()]).toEqual([...parameters.keys()]);
    expect(await readWeights(join(out, 'weights.safetensors'))).toEqual(parameters);
    expect(await readRun(out)).toMatchObject({
      run: 'mine',
      origin,
      config: { batchSize: 64, shards: 4 },
    });
  });

  it('say what the data was; those of a run that did not say it can still be used', async () => {
    const out = await temporaryFolder();
    await train({ ...options, out }).result();
    expect((await readRun(out)).dataset.traits).toEqual({
      ...{ inputShape: [1, 28, 28], inputDivisor: 255, targetShape: [] },
      ...{ classes: 10, classNames: [...'0123456789'] },
      pictures: { way: 'drawn', box: 20, centre: 'mass', fullContrast: true },
    });
    const file = join(out, 'run.json');
    const json = JSON.parse(await readFile(file, 'utf8'));
    const rewrite = (dataset: object) => writeFile(file, JSON.stringify({ ...json, dataset }));
    await rewrite({ ...json.dataset, classNames: ['one'] });
    await expect(readRun(out)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${file}: classNames of the dataset`),
    });
    const { name, train: samples, test, sha256 } = json.dataset;
    await rewrite({ name, train: samples, test, sha256 });
    expect((await readRun(out)).dataset.traits).toBeUndefined();
    const { run } = await resume({ out, data });
    await expect(run.result()).resolves.toBeDefined();
  });

  it('give the weights of the newest checkpoint while the run is not at its end', async () => {
    const out = await temporaryFolder();
    const { weightsHash } = await train({ ...options, out }).result();
    await rm(join(out, 'weights.safetensors'));
    expect((await loadRunWeights(out)).weightsHash).toBe(weightsHash);
    await rm(join(out, 'checkpoints'), { recursive: true });
    await expect(loadRunWeights(out)).rejects.toMatchObject({ code: 'config' });
  });

  it('that are missing or no safetensors are refused by name', async () => {
    const folder = await temporaryFolder();
    await expect(readWeights(join(folder, 'none'))).rejects.toMatchObject({ code: 'config' });
    await expect(readWeights(folder)).rejects.toMatchObject({ code: 'config' });
    await writeFile(join(folder, 'text'), 'these are not weights');
    await expect(readWeights(join(folder, 'text'))).rejects.toMatchObject({ code: 'format' });
  });
});

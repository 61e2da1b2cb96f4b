// A trained model is the same whatever trained it and wherever it was kept: `fit`, threads, a cluster, its own file, a run's
// folder, a checkpoint. What is none is refused by its name, with what to do.
import { mkdtempSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  adam,
  batchMean,
  crossEntropy,
  encodeModel,
  fit,
  linear,
  type Model,
  meanSquaredError,
  type Preparation,
  relu,
  sequential,
  sub,
  type TrainedModel,
  weightsHash,
  zeros,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { decodeSafetensors, encodeSafetensors } from '@lockstep/formats';
import {
  evaluate,
  loadModel,
  loadRunWeights,
  loadWeights,
  predictAll,
  saveModel,
  train,
} from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, describe, expect, it } from 'vitest';

const SAMPLES = 64;
const PIXELS = Uint8Array.from({ length: 4 * SAMPLES }, (_, i) => (i * 37) % 256);
const data = fromArrays({
  ...{ inputs: PIXELS, inputShape: [4], inputDivisor: 255 },
  labels: Array.from({ length: SAMPLES }, (_, i) => i % 3),
  classNames: ['cat', 'dog', 'owl'],
});
const RUN = {
  ...{ model: sequential(linear(4, 6), relu(), linear(6, 3)), loss: crossEntropy() },
  ...{ optimizer: adam({ learningRate: 0.01 }), batchSize: 16, shards: 4, epochs: 2 },
  data: { train: data },
  metrics: ['f1'],
};
const right = fit(RUN);
const bytes = encodeModel(right.trained);

/** By what it answers, what it was trained on and its bytes. */
function expectSame(trained: TrainedModel): void {
  expect(trained.predict(data)).toEqual(right.trained.predict(data));
  expect(trained.classify([0, 50, 100, 255])).toEqual(right.trained.classify([0, 50, 100, 255]));
  expect(encodeModel(trained)).toEqual(bytes);
}

const folder = mkdtempSync(join(tmpdir(), 'lockstep-model-'));
const out = join(folder, 'run');
afterAll(() => rm(folder, { recursive: true }));

describe('a trained model', () => {
  it('comes of threads, and lies in the folder of the run', async () => {
    const {
      trained,
      parameters,
      weightsHash: hash,
    } = await train({ ...RUN, threads: 2, out }).result();
    expectSame(trained);
    expect(trained.parameters).toEqual(parameters);
    expect(hash).toBe(await weightsHash(right.parameters));
    expect(new Uint8Array(await readFile(join(out, 'weights.safetensors')))).toEqual(bytes);
  });

  it('comes of a cluster', async () => {
    const run = coordinate({ ...RUN, port: 0, token: 'only these tests know it' });
    let working: Promise<unknown> | undefined;
    for await (const event of run) {
      if (event.event !== 'listening') continue;
      working = work(async () => run.connect(), { data: [data], threads: 1 }).result();
    }
    await working;
    expectSame((await run.result()).trained);
  });

  it('is kept in a file, whole, in place of what was there', async () => {
    const file = join(folder, 'model.safetensors');
    await writeFile(file, 'what was there');
    await saveModel(file, right.trained);
    expectSame(await loadModel(file));
    expect((await readdir(folder)).filter((name) => name.includes('.tmp-'))).toEqual([]);
    const { parameters, trainedOn } = await loadWeights(file);
    expect(parameters).toEqual(right.parameters);
    expect(trainedOn).toEqual(right.trained.traits);
  });

  it('is found in a run, in its checkpoints, and in a run that has not ended', async () => {
    expectSame(await loadModel(out));
    const [last] = (await readdir(join(out, 'checkpoints'))).sort().reverse();
    const checkpoint = join(out, 'checkpoints', last!);
    expectSame(await loadModel(checkpoint));
    const moved = join(folder, last!);
    await cp(checkpoint, moved);
    expectSame(await loadModel(moved));
    const { parameters, trainedOn } = await loadWeights(moved);
    expect(parameters).toEqual(right.parameters);
    expect(trainedOn).toEqual(right.trained.traits);
    const cut = join(folder, 'cut');
    await cp(out, cut, { recursive: true });
    await rm(join(cut, 'weights.safetensors'));
    expectSame(await loadModel(cut));
    expect((await loadRunWeights(cut)).parameters).toEqual(right.parameters);
  });

  it('is found in a run that an older version has left', async () => {
    const older = join(folder, 'older');
    await cp(out, older, { recursive: true });
    const file = join(older, 'weights.safetensors');
    const { tensors, metadata } = decodeSafetensors(await readFile(file));
    const { format, 'lockstep-trained-on': trainedOn } = metadata;
    const kept = { format: format!, 'lockstep-trained-on': trainedOn! };
    await writeFile(file, Buffer.concat(encodeSafetensors(tensors, kept)));
    expectSame(await loadModel(older));
    expect((await loadWeights(file)).trainedOn).toEqual(right.trained.traits);
    await expect(loadModel(file)).rejects.toThrow(
      `model ${file}: model file: it holds the weights of a run and not their network`,
    );
    const record = JSON.parse(await readFile(join(older, 'run.json'), 'utf8'));
    for (const key of ['inputShape', 'inputDivisor', 'targetShape', 'classes'])
      delete record.dataset[key];
    await writeFile(join(older, 'run.json'), JSON.stringify(record));
    await expect(loadModel(older)).rejects.toThrow(
      'it does not say what the training data means (shapes, divisor, classes), since an older version of Lockstep wrote it',
    );
  });
});

it('is evaluated on threads as by itself', async () => {
  const { trained } = right;
  const asked = { trained, data, metrics: ['f1'], threads: 2 };
  const direct = { ...trained.evaluate(data, { metrics: ['f1'] }), samples: SAMPLES };
  expect(await evaluate(asked)).toEqual(direct);
  expect((await evaluate({ ...asked, loss: meanSquaredError() })).loss).toBe(
    trained.evaluate(data, { loss: meanSquaredError() }).loss,
  );
  await expect(evaluate({ ...asked, parameters: right.parameters } as never)).rejects.toThrow(
    "evaluate: parameters is the trained model's own; leave it out",
  );
  await expect(evaluate({ ...asked, trained: right } as never)).rejects.toThrow(
    'evaluate: trained is an object, expected a trained model',
  );
});

describe('predictAll', () => {
  const many = Uint8Array.from({ length: 4 * 5001 }, (_, i) => (i * 7919) % 251);

  it('gives the bits of predict, on any number of threads', async () => {
    const expected = right.trained.predict(many);
    expect(await predictAll(right.trained, many, { threads: 3 })).toEqual(expected);
    expect(await predictAll(right.trained, Float32Array.from(many), { threads: 2 })).toEqual(
      expected,
    );
    expect(await predictAll(right.trained, data)).toEqual(right.trained.predict(data));
  });

  it('answers in the unit of the target, and by buffers', async () => {
    const model: Model = (x, scope) => {
      const mean = scope.buffer('mean', [4], zeros());
      scope.update(mean, batchMean(x));
      return linear(4, 1)(sub(x, mean), scope);
    };
    const targets: Preparation['targets'] = [
      { kind: 'standardise', column: 'price', mean: 500, deviation: 50 },
    ];
    const prices = {
      ...fromArrays({
        inputs: PIXELS,
        inputShape: [4],
        targets: [...PIXELS].filter((_, i) => i % 4 === 0),
      }),
      preparation: {
        inputs: [...'abcd'].map((column) => ({ kind: 'pass-through', column }) as const),
        targets,
      },
    };
    const { trained } = fit({ model, data: prices, loss: meanSquaredError(), optimizer: adam() });
    const expected = trained.predict(many);
    expect(expected).toBeInstanceOf(Float64Array);
    expect(await predictAll(trained, many, { threads: 2 })).toEqual(expected);
  });

  it('refuses what it cannot be asked', async () => {
    await expect(predictAll(right as never, many)).rejects.toThrow(
      'predictAll: got an object, expected a trained model',
    );
    await expect(predictAll(right.trained, [1, 2])).rejects.toThrow('predictAll: 2 input values');
    await expect(predictAll(right.trained, many, { threads: 0 })).rejects.toThrow('threads');
  });
});

describe('what is no trained model', () => {
  it('is refused by its name, with what to do', async () => {
    const foreign = join(folder, 'torch.safetensors');
    const { tensors } = decodeSafetensors(bytes);
    await writeFile(foreign, Buffer.concat(encodeSafetensors(tensors, { format: 'pt' })));
    await expect(loadModel(foreign)).rejects.toThrow(
      new RegExp(`^model ${foreign}: .*not the network that they belong to.*--init`),
    );
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(loadModel(empty)).rejects.toThrow(`run: ${empty} holds no run (no run.json)`);
    const nothing = join(folder, 'nothing');
    await expect(loadModel(nothing)).rejects.toThrow(
      `loadModel: there is no file or folder ${nothing}`,
    );
    const text = join(folder, 'text');
    await writeFile(text, 'words, and no tensors at all');
    await expect(loadModel(text)).rejects.toMatchObject({ code: 'format' });
    await expect(loadModel('')).rejects.toMatchObject({ code: 'config' });
  });

  it('is not kept, nor anything where there is no folder', async () => {
    const file = join(folder, 'none', 'model.safetensors');
    await expect(saveModel(file, right.trained)).rejects.toThrow(
      `saveModel: cannot write ${file}: there is no folder ${join(folder, 'none')}`,
    );
    const model = right as unknown as TrainedModel;
    await expect(saveModel(join(folder, 'x'), model)).rejects.toThrow(
      'saving a model: got an object, expected a trained model',
    );
  });
});

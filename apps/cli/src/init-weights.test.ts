import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, crossEntropy, linear, normalize, sgd, traceModel } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { encodeNpz, type StoredTensor } from '@lockstep/formats';
import { train } from '@lockstep/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkWeights, readInitialWeights } from './init-weights.js';
import { recordedScreen } from './recorder.fixture.js';

const trees = (classNames: string[], labels: number[] = [0, 1]) => ({
  train: fromArrays({ inputs: labels.map((label) => [label]), labels, classNames }),
});

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'lockstep-init-'));
  const data = trees(['ash', 'elm', 'oak'], [0, 1, 2]);
  const optimizer = sgd({ learningRate: 0.1 });
  await train({ model: linear(1, 3), data, loss: crossEntropy(), optimizer, out }).result();
});
afterAll(() => rm(out, { recursive: true }));

test('an archive of NumPy’s is as good, whatever its numbers are', async () => {
  const { parameters } = await init();
  const tensors = new Map<string, StoredTensor>(
    [...parameters].map(([name, { shape, data }]) => [
      name,
      { dtype: 'F64', shape, data: Float64Array.from(data) },
    ]),
  );
  const file = join(out, 'weights.npz');
  await writeFile(file, encodeNpz(tensors, { compress: true }));
  const { screen, stderr } = recordedScreen(false);
  const weights = await readInitialWeights(file, screen);
  expect(weights.parameters).toEqual(parameters);
  expect(stderr.text).toMatch('2 F64 of 2 tensors are converted to float32 (F64 is rounded)');
  await writeFile(file, encodeNpz(tensors).subarray(0, 200));
  await expect(readInitialWeights(file, screen)).rejects.toThrow(
    `weights ${file}: no directory at its end; was a download`,
  );
});

async function init() {
  const { screen, stderr } = recordedScreen(false);
  const weights = await readInitialWeights(join(out, 'weights.safetensors'), screen);
  return { ...weights, stderr };
}

test('a run is as good as its weights file, and so is one that was stopped before its end', async () => {
  const { parameters, fit } = await readInitialWeights(out, recordedScreen(false).screen);
  expect(parameters).toEqual((await init()).parameters);
  expect([...fit(trees(['elm', 'oak'])).train.targets]).toEqual([1, 2]);

  const stopped = join(out, 'stopped');
  const data = trees(['ash', 'elm', 'oak'], [0, 1, 2]);
  const run = train({
    ...{ model: linear(1, 3), data, loss: crossEntropy(), optimizer: adam(), epochs: 9 },
    out: stopped,
  });
  for await (const event of run) if (event.event === 'epoch-end') break;
  const { parameters: newest } = await readInitialWeights(stopped, recordedScreen(false).screen);
  expect([...newest.keys()]).toEqual([...parameters.keys()]);
});

test('classes that the weights were trained for keep their numbers', async () => {
  const { fit, stderr } = await init();
  const { train } = fit(trees(['elm', 'oak']));
  expect([...train.targets]).toEqual([1, 2]);
  expect(train.classNames).toEqual(['ash', 'elm', 'oak']);
  expect(stderr.text).toBe('');
});

test('other classes beside them are refused by name', async () => {
  const { fit } = await init();
  expect(() => fit(trees(['ash', 'elm', 'fir']))).toThrow(
    /--init .*weights\.safetensors: the data .* has "fir", which is no class of the data that these weights/,
  );
});

test('as many wholly other classes are a new task, which is said', async () => {
  const { fit, stderr } = await init();
  const data = trees(['cat', 'dog', 'hen']);
  expect(fit(data)).toBe(data);
  expect(stderr.text).toMatch(/trained for other classes \(ash, elm, oak\)/);
  expect(() => fit(trees(['cat', 'dog']))).toThrow('has 2 classes, the data that these weights');
});

test('weights that lie the other way round, as Keras keeps them, are refused with what to do', async () => {
  const { parameters } = await init();
  const weight = { ...parameters.get('weight')!, shape: [1, 3] };
  const graph = traceModel(linear(1, 3), [1]);
  expect(() => checkWeights('here', graph, new Map([...parameters, ['weight', weight]]))).toThrow(
    'here: parameters: "weight" is [1, 3], the model expects [3, 1]. Is it [in, out], as Keras keeps it? Give its transpose',
  );
});

test('a network that computes otherwise than that of the weights is told, since it fits all the same', async () => {
  const { check, stderr } = await init();
  const layer = linear(1, 3);
  check(traceModel(layer, [1]));
  expect(stderr.text).toBe('');
  const first = normalize({ mean: 0.5, std: 2 });
  check(traceModel((x, scope) => layer(first(x, scope), scope), [1]));
  expect(stderr.text).toMatch(
    /trained in a network that computes otherwise: it has \w+ where this one has sub/,
  );
});

test('weights that do not fit are refused with the flags of the network that they come from', () => {
  const parameters = new Map([['w', { shape: [1], data: new Float32Array(1) }]]);
  const graph = traceModel(linear(1, 3), [1]);
  expect(() => checkWeights('here', graph, parameters, 'The run there has --model lenet')).toThrow(
    /^here: parameters: .*"w" is not in the model.*[^.?]\. The run there has --model lenet$/,
  );
});

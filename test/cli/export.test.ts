// `lockstep export`: a run, a model's file or a checkpoint, in each form, read back by whoever reads it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  crossEntropy,
  exportOnnx,
  linear,
  relu,
  sequential,
  sgd,
  type TrainedModel,
  traceModel,
  validateGraph,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { decodeNpz, decodeSafetensors, encodeNpz, type StoredTensor } from '@lockstep/formats';
import { loadModel, saveModel, train } from '@lockstep/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { OnnxSession } from '../exports/ort.js';
import { events, workplace } from './lockstep.js';

const { path, says, lockstep } = workplace();
const model = sequential(linear(3, 4), relu(), linear(4, 2));

let trained: TrainedModel;
beforeAll(async () => {
  const inputs = Array.from({ length: 12 }, (_, i) => [i % 2, i % 3, i % 5]);
  const labels = inputs.map(([first]) => first!);
  const classNames = ['even', 'odd'];
  const data = { train: fromArrays({ inputs, labels, classNames }) };
  const optimizer = sgd({ learningRate: 0.1 });
  const settings = { model, data, loss: crossEntropy(), optimizer, epochs: 2 };
  await train({ ...settings, out: path('run') }).result();
  trained = await loadModel(path('run'));
  await saveModel(path('iris.v1.safetensors'), trained);
});

const tensors = () =>
  new Map<string, StoredTensor>(
    [...trained.parameters].map(([name, values]) => [name, { dtype: 'F32', ...values }]),
  );

async function exported(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await says(['export', '--json', ...args]);
  expect([status, stderr]).toEqual([0, '']);
  const [event] = events(stdout);
  expect(event).toMatchObject({
    event: 'exported',
    weightsHash: expect.stringMatching(/^\w{64}$/),
  });
  expect(readFileSync(event!.path as string)).toHaveLength(event!.bytes as number);
  return event!.path as string;
}

describe('export', () => {
  test('onnx: a file that computes what the run learnt, and says whose weights it has', async () => {
    const file = await exported('run', '--to', 'onnx');
    expect(file).toBe(path('run', 'model.onnx'));
    const bytes = readFileSync(file);
    const session = await OnnxSession.open(bytes);
    const inputs = Float32Array.of(1, 2, 3, 4, 5, 6);
    const { data } = await session.compute(inputs, 2, [3]);
    for (const [i, value] of trained.predict(inputs).entries())
      expect(data[i]).toBeCloseTo(value, 5);
    await session.close();
    expect(bytes.includes('weights_hash')).toBe(true);
    expect(bytes.includes('["even","odd"]')).toBe(true);
    expect(bytes.length).toBeGreaterThan(exportOnnx(trained).length);
  });

  test('npz and safetensors: the weights, by name', async () => {
    const npz = await exported('iris.v1.safetensors', '--to', 'npz');
    expect(npz).toBe(path('iris.v1.npz'));
    expect(decodeNpz(readFileSync(npz))).toEqual(tensors());
    const small = await exported('run', '--to', 'npz', '--compress', '--out', 'small.npz');
    expect(decodeNpz(readFileSync(small))).toEqual(tensors());
    const plain = decodeSafetensors(readFileSync(await exported('run', '--to', 'safetensors')));
    expect(plain.tensors).toEqual(tensors());
    expect({ ...plain.metadata }).toEqual({ format: 'pt' });
  });

  test('graph: the network without its loss, which a new run takes', async () => {
    const [checkpoint] = readdirSync(path('run', 'checkpoints')).filter((name) => /\d/.test(name));
    const file = await exported(
      `run/checkpoints/${checkpoint}`,
      '--to',
      'graph',
      '--out',
      'g.json',
    );
    const graph = validateGraph(JSON.parse(readFileSync(file, 'utf8')));
    expect(graph).toEqual(traceModel(model, [3]));
    const { stderr } = await says(['train', '--model', 'g.json', '--data-dir', 'nowhere']);
    expect(stderr).not.toContain('--model');
  });

  test('for people: where it is, and the hash of its weights', async () => {
    const { stdout } = await says(['export', 'run', '--to', 'onnx', '--out', 'people.onnx']);
    expect(stdout).toMatch(/^file {6}people\.onnx \(0\.\d kB\)\nweights {3}sha256 \w{64}\n$/);
  });

  test('what is there is left alone, unless it is to be replaced', async () => {
    const args = ['run', '--to', 'onnx', '--out', 'there.onnx'];
    writeFileSync('there.onnx', 'mine');
    const { status, stderr } = await says(['export', ...args]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/there already; .* --force/)]);
    expect(readFileSync('there.onnx', 'utf8')).toBe('mine');
    await exported(...args, '--force');
    expect(readFileSync('there.onnx', 'utf8')).not.toBe('mine');
  });

  test.each<[string, string[], RegExp]>([
    ['no format', ['run'], /required option '--to <format>' not specified/],
    [
      'a format that there is not',
      ['run', '--to', 'h5'],
      /Allowed choices are onnx, npz, graph, saf/,
    ],
    ['no file', ['none', '--to', 'npz'], /export: there is no file or folder none/],
    ['a folder without a run', ['.', '--to', 'npz'], /holds no run/],
    ['weights alone', ['alone.npz', '--to', 'onnx'], /alone\.npz/],
    [
      'another format’s flag',
      ['run', '--to', 'npz', '--divide-inputs'],
      /--divide-inputs goes with --to onnx, not with npz/,
    ],
    ['and another’s', ['run', '--to', 'onnx', '--compress'], /--compress goes with --to npz, not/],
    ['a folder to write to', ['run', '--to', 'npz', '--out', 'run'], /it is a folder; name a file/],
    [
      'a folder that is not there',
      ['run', '--to', 'npz', '--out', 'no/w.npz'],
      /there is no folder/,
    ],
    ['itself', ['iris.v1.safetensors', '--to', 'safetensors'], /is what is exported; name another/],
  ])('%s is refused', async (_, args, message) => {
    writeFileSync('alone.npz', encodeNpz(tensors()));
    const { status, stderr } = await says(['export', ...args]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('the built command does it, too', async () => {
    const { status, stdout } = await lockstep('export', 'run', '--to', 'npz', '--json');
    expect(status).toBe(0);
    expect(events(stdout)).toHaveLength(1);
  });
});

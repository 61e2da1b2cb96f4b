// `lockstep inspect`: a run, a model, a checkpoint, weights of anybody's and a graph, told apart by what is in them.
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import {
  concat,
  crossEntropy,
  exportGraph,
  initialParameters,
  linear,
  namedModel,
  relu,
  reshape,
  sequential,
  sgd,
  TrainedModel,
  traceModel,
  weightsHash,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { encodeNpz, encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import { loadModel, saveModel, train } from '@lockstep/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { events, type JsonEvent, workplace } from './lockstep.js';

const { path, says, lockstep } = workplace();

let trained: TrainedModel;
let hash: string;
beforeAll(async () => {
  const inputs = Array.from({ length: 12 }, (_, i) => [i % 2, i % 3, i % 5]);
  const labels = inputs.map(([first]) => first!);
  const data = { train: fromArrays({ inputs, labels, classNames: ['even', 'odd'] }) };
  await train({
    ...{ model: sequential(linear(3, 4), relu(), linear(4, 2)), data, loss: crossEntropy() },
    ...{
      optimizer: sgd({ learningRate: 0.1 }),
      epochs: 2,
      batchSize: 4,
      seed: 7,
      out: path('run'),
    },
  }).result();
  trained = await loadModel('run');
  hash = await weightsHash(trained.parameters);
  await saveModel('iris.safetensors', trained);
});

async function inspected(...args: readonly string[]): Promise<JsonEvent> {
  const { status, stdout, stderr } = await says(['inspect', ...args, '--json']);
  expect([status, stderr]).toEqual([0, '']);
  const [event] = events(stdout);
  expect(event).toMatchObject({ event: 'inspected', path: path(args[0]!) });
  return event!;
}

const NETWORK = {
  loss: 'cross-entropy',
  inputShape: ['N', 3],
  layers: [
    { name: '0', operators: ['matmul', 'add'], outputShape: ['N', 4], parameters: 16 },
    { name: '1', operators: ['relu'], outputShape: ['N', 4], parameters: 0 },
    { name: '2', operators: ['matmul', 'add'], outputShape: ['N', 2], parameters: 10 },
  ],
  ...{ parameters: 26, buffers: 0, constants: 0 },
};
const RUN = { optimizer: 'sgd', batchSize: 4, shards: 1, epochs: 2, seed: 7 };

describe('inspect', () => {
  test('a run: its network, its weights, its data and how it was trained', async () => {
    expect(await inspected('run')).toMatchObject({
      ...{ kind: 'run', step: null, network: NETWORK, weightsHash: hash },
      run: { ...RUN, dataset: { train: 12, test: 0 } },
      trainedOn: { inputShape: [3], classNames: ['even', 'odd'] },
      tensors: [{ name: '0.weight', dtype: 'F32', shape: [4, 3] }, {}, {}, {}],
    });
  });

  test('a checkpoint, and a run that has none but checkpoints', async () => {
    const [name] = readdirSync('run/checkpoints').filter((name) => /6\.safetensors/.test(name));
    const expected = { step: 6, network: NETWORK, weightsHash: hash, run: RUN };
    expect(await inspected(`run/checkpoints/${name}`)).toMatchObject({
      kind: 'checkpoint',
      ...expected,
    });
    renameSync('run/weights.safetensors', 'elsewhere.safetensors');
    expect(await inspected('run')).toMatchObject({ kind: 'run', ...expected });
    renameSync('elsewhere.safetensors', 'run/weights.safetensors');
  });

  test('a model’s file, under any name', async () => {
    renameSync('iris.safetensors', 'iris.bin');
    expect(await inspected('iris.bin')).toMatchObject({
      ...{ kind: 'model', network: NETWORK, weightsHash: hash, run: null },
    });
  });

  test('a graph, without its loss', async () => {
    writeFileSync('graph.json', JSON.stringify(exportGraph(trained), null, 2));
    expect(await inspected('graph.json')).toMatchObject({
      ...{ kind: 'graph', network: { ...NETWORK, loss: null }, tensors: [], weightsHash: null },
    });
  });

  test('a network with inputs and outputs by name', async () => {
    const inputParts = [
      { name: 'image', shape: [2, 2], divisor: 255 },
      { name: 'age', shape: [1] },
    ];
    const named = namedModel<'image' | 'age'>(({ image, age }, scope) => {
      const both = concat([reshape(image, [4]), age]);
      return {
        species: linear(5, 2)(both, scope.child('species')),
        weight: linear(5, 1)(both, scope.child('weight')),
      };
    });
    const graph = traceModel(named, [5], { inputParts });
    const parameters = initialParameters(graph, 0);
    const traits = {
      inputShape: [5],
      inputParts,
      targetShape: [3],
      inputDivisor: 1,
      classes: undefined,
    };
    await saveModel('named.safetensors', new TrainedModel({ graph, parameters, traits }));
    const { stdout } = await says(['inspect', 'named.safetensors'], { NO_COLOR: '1' });
    expect(stdout).toMatch(/^outputs {3}species \[2\], weight \[1\]$/m);
    expect(stdout).toMatch(/^inputs {4}image \[2, 2\] divided by 255, age \[1\]$/m);
  });

  test('tensors of anybody’s, of types that nothing computes with', async () => {
    const tensors = new Map<string, StoredTensor>([
      ['model.embed', { dtype: 'BF16', shape: [2, 3], data: new Uint16Array(6).fill(0x7fc0) }],
      ['ids', { dtype: 'I64', shape: [], data: BigInt64Array.of(2n ** 60n) }],
    ]);
    writeFileSync('theirs.safetensors', Buffer.concat(encodeSafetensors(tensors, { by: 'them' })));
    expect(await inspected('theirs.safetensors')).toMatchObject({
      ...{ kind: 'weights', network: null, metadata: { by: 'them' } },
      tensors: [
        { name: 'model.embed', dtype: 'BF16', shape: [2, 3] },
        { name: 'ids', dtype: 'I64', shape: [] },
      ],
    });
    tensors.delete('model.embed');
    writeFileSync('theirs.npz', encodeNpz(tensors));
    expect(await inspected('theirs.npz')).toMatchObject({
      kind: 'weights',
      tensors: [{ name: 'ids' }],
    });
  });

  test('for people: a table, and what is said besides', async () => {
    const { stdout } = await lockstep('inspect', 'run');
    expect(stdout).toBe(`layer  computes     output  parameters
       input        [N, 3]
0      matmul, add  [N, 4]          16
1      relu         [N, 4]
2      matmul, add  [N, 2]          10
                    all             26

this is   a run
data      arrays, 12 samples
training  sgd, 2 epochs, batches of 4 in 1 shard, seed 7
loss      cross-entropy
input     [3]
classes   2: even, odd
weights   sha256 ${hash}
`);
  });

  test('what a file says moves no cursor and fills no screen', async () => {
    const tensor: StoredTensor = { dtype: 'U8', shape: [1], data: Uint8Array.of(1) };
    const chunks = encodeSafetensors(new Map([['\u001b[2Jw\u009b', tensor]]), {
      long: 'x'.repeat(5000),
    });
    writeFileSync('hostile.safetensors', Buffer.concat(chunks));
    const { stdout } = await says(['inspect', 'hostile.safetensors'], { NO_COLOR: '1' });
    expect(stdout).toMatch(/^ \[2Jw +U8 +\[1\] +1$/m);
    expect(stdout).not.toMatch(/[^\n\P{Cc}]/u);
    expect(stdout.length).toBeLessThan(500);
  });

  test.each<[string, string, RegExp]>([
    ['what is not there', 'none', /inspect: there is no file or folder none/],
    ['a folder without a run', 'empty', /holds no run/],
    [
      'a file of something else',
      'text.txt',
      /text\.txt: .*it is text that begins with "some words/,
    ],
    ['JSON that is no graph', 'other.json', /other\.json: graph: unknown key "a"/],
    ['JSON that is cut short', 'half.json', /half\.json is not valid JSON/],
  ])('%s is refused', async (_, target, message) => {
    mkdirSync('empty', { recursive: true });
    writeFileSync('text.txt', 'some words that are no weights');
    writeFileSync('other.json', '{"a": 1}');
    writeFileSync('half.json', '{"format": "lock');
    const { status, stderr } = await says(['inspect', target]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

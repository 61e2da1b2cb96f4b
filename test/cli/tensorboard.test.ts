// `--tensorboard`: event files beside a run, read by our decoder and, where it is installed, by TensorBoard itself.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  decodeEvents,
  readHparamsValue,
  type SummaryValueProto,
} from '@lockstep/formats/tensorboard';
import { describe, expect, test } from 'vitest';
import { smallRun } from './little-mnist.js';
import { events, lastEvent, workplace } from './lockstep.js';

const SMALL = smallRun();

const { path, start, lockstep, says } = workplace();

/** All values in the files of a folder. */
function valuesIn(folder: string): (SummaryValueProto & { readonly step: number })[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => decodeEvents(readFileSync(`${folder}/${name}`)).events)
    .flatMap((event) =>
      'summary' in event ? event.summary.map((value) => ({ ...value, step: event.step })) : [],
    );
}

/** Numbers by tags, of all steps. */
function scalarsIn(folder: string): Record<string, Record<number, number>> {
  const all: Record<string, Record<number, number>> = {};
  for (const value of valuesIn(folder)) {
    if (!('simpleValue' in value)) continue;
    all[value.tag] ??= {};
    all[value.tag]![value.step] = value.simpleValue;
  }
  return all;
}

test('what a run tells is in the folder that stands by default, and the run is the same', async () => {
  const watched = await lockstep('train', ...SMALL, '--out', 'a', '--tensorboard', '--json');
  expect(watched.status).toBe(0);
  expect(watched.stderr).toContain('note: for TensorBoard: tensorboard --logdir a/tensorboard');
  const plain = await lockstep('train', ...SMALL, '--out', 'b', '--json');
  const [end, plainEnd] = [watched, plain].map(({ stdout }) => lastEvent(stdout));
  expect(end!.weightsHash).toBe(plainEnd!.weightsHash);
  expect(readdirSync(path('b'))).not.toContain('tensorboard');

  const epoch = events(watched.stdout).find(({ event }) => event === 'epoch-end')!;
  const step = epoch.step as number;
  const scalars = scalarsIn(path('a/tensorboard'));
  expect(scalars['loss/train']).toEqual({ [step]: Math.fround(epoch.trainLoss as number) });
  expect(scalars['loss/test']).toEqual({ [step]: Math.fround(epoch.testLoss as number) });
  expect(scalars['accuracy/test']).toEqual({ [step]: Math.fround(epoch.testAccuracy as number) });
  expect(scalars['learning-rate']![step]).toBe(Math.fround(0.001));
  const tags = new Set(valuesIn(path('a/tensorboard')).map(({ tag }) => tag));
  expect([...tags]).toEqual(
    expect.arrayContaining(['filters/layers.0.weight', 'parameters/layers.4.bias']),
  );
  expect(JSON.parse(readFileSync(path('a/run.json'), 'utf8')).origin.flags).not.toHaveProperty(
    'tensorboard',
  );
});

test('a run that is stopped is resumed with the flag, and adds a file', async () => {
  const flags = ['--limit-train', '4000', '--limit-test', '500', '--offline', '--batch-size', '16'];
  const running = start([
    'train',
    ...flags,
    '--epochs',
    '1000',
    '--out',
    'c',
    '--tensorboard',
    'tb/c',
    '--json',
  ]);
  await running.holds('"epoch":2,');
  running.child.kill('SIGINT');
  const { status, stderr } = await running.finished;
  expect(status).toBe(130);
  expect(stderr).toMatch(/go on with: .* train --resume c --offline --tensorboard tb\/c/);
  expect(readdirSync(path('tb/c'))).toHaveLength(1);
  const resumed = start(['train', '--resume', 'c', '--tensorboard', 'tb/c', '--offline', '--json']);
  await resumed.holds('"epoch-end"');
  resumed.child.kill('SIGINT');
  await resumed.finished;
  expect(readdirSync(path('tb/c'))).toHaveLength(2);
  const epochs = Object.keys(scalarsIn(path('tb/c'))['loss/train']!).map(
    (step) => Number(step) / 250,
  );
  expect(epochs.slice(0, 3)).toEqual([1, 2, 3]);
  const kinds = valuesIn(path('tb/c')).flatMap((value) =>
    Object.keys(readHparamsValue(value) ?? {}),
  );
  expect(kinds).not.toContain('sessionEndInfo');
});

test('a coordinator writes what its workers compute', async () => {
  const flags = [...SMALL, '--port', '0', '--local-threads', '1', '--out', 'd', '--tensorboard'];
  const { status, stdout } = await lockstep('coordinator', ...flags, '--json');
  expect(status).toBe(0);
  const { testLoss, step } = lastEvent(stdout);
  const scalars = scalarsIn(path('d/tensorboard'));
  expect(scalars['loss/test']).toEqual({ [step as number]: Math.fround(testLoss as number) });
  const weights = valuesIn(path('d/tensorboard')).filter(
    ({ tag }) => tag === 'parameters/layers.0.weight',
  );
  expect(weights.map((value) => value.step)).toEqual([0, step]);
});

test('numbers of classes go by the classes’ names, and a table is a picture', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5},${['red', 'green'][i % 2]}`);
  writeFileSync(path('colours.csv'), `a,b,colour\n${rows.join('\n')}\n`);
  const flags = [
    '--csv',
    'colours.csv',
    '--target',
    'colour',
    '--test',
    '0.2',
    '--validation',
    '0.2',
  ];
  const told = ['--metrics', 'f1,confusion-matrix', '--epochs', '2', '--out', 'e'];
  writeFileSync(path('flags.json'), '{"tensorboard": true}');
  const { status, stderr } = await lockstep('train', ...flags, ...told, '--config', 'flags.json');
  expect(stderr).not.toContain('error');
  expect(status).toBe(0);
  const values = valuesIn(path('e/tensorboard'));
  const tags = new Set(values.map(({ tag }) => tag));
  for (const tag of ['loss/validation', 'accuracy/test', 'confusion-matrix/validation']) {
    expect([...tags]).toContain(tag);
  }
  expect(values.find(({ tag }) => tag === 'confusion-matrix/test')).toHaveProperty(
    'image.width',
    48,
  );
  expect([...tags].filter((tag) => tag.startsWith('filters/'))).toEqual([]);
});

test('a folder that cannot be had is told before the run begins', async () => {
  mkdirSync(path('old'));
  writeFileSync(path('old/events.out.tfevents.1.host'), '');
  writeFileSync(path('file'), '');
  const other = await says(['train', ...SMALL, '--out', 'f', '--tensorboard', 'old']);
  expect(other.status).toBe(2);
  expect(other.stderr).toContain('--tensorboard old: it holds events of another run');
  const file = await says(['train', ...SMALL, '--out', 'f', '--tensorboard', 'file/x']);
  expect(file.status).toBe(2);
  expect(file.stderr).toContain('is not a folder');
  expect((await says(['train', '--tensorboard='])).status).toBe(2);
  expect(readdirSync(path())).not.toContain('f');
});

const READ = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import metadata
everything = {name: 0 for name in ("scalars", "histograms", "images", "tensors", "graph")}
run = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=everything)
run.Reload()
tags = run.Tags()
start = run.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
experiment = run.SummaryMetadata("_hparams_/experiment").plugin_data.content
hparams = metadata.parse_session_start_info_plugin_data(start).hparams
histogram = run.Histograms("parameters/layers.0.weight")[-1].histogram_value
print(json.dumps({
    "scalars": {tag: [[e.step, e.value] for e in run.Scalars(tag)] for tag in tags["scalars"]},
    "histogram": [sum(histogram.bucket), histogram.num, histogram.min, histogram.max],
    "images": [[e.step, e.width, e.height] for e in run.Images("filters/layers.0.weight")],
    "nodes": [node.name for node in run.Graph().node],
    "hparams": {"batchSize": hparams["batchSize"].number_value, "optimizer": hparams["optimizer"].string_value},
    "metrics": [info.name.tag for info in metadata.parse_experiment_plugin_data(experiment).metric_infos],
}))
`;

const python = ['/usr/bin/python3', 'python3'].find(
  (one) => spawnSync(one, ['-c', 'import tensorboard']).status === 0,
);

describe.skipIf(python === undefined)('TensorBoard (skipped where no python3 has it)', () => {
  test('reads what is written', async () => {
    const { stdout } = await lockstep('train', ...SMALL, '--out', 'g', '--tensorboard', '--json');
    const { step, testLoss } = lastEvent(stdout);
    const read = spawnSync(python!, ['-c', READ, path('g/tensorboard')], { encoding: 'utf8' });
    expect(read.stderr).not.toContain('Error');
    const told = JSON.parse(read.stdout);
    expect(told.scalars['loss/test']).toEqual([[step, Math.fround(testLoss as number)]]);
    expect(told.histogram.slice(0, 2)).toEqual([128 * 784, 128 * 784]);
    expect(told.images.map(([at]: [number]) => at)).toEqual([0, step]);
    expect(told.nodes).toContain('layers/0/matmul');
    expect(told.hparams).toEqual({ batchSize: 64, optimizer: 'adam' });
    expect(told.metrics).toEqual(['loss/train', 'loss/test', 'accuracy/test']);
  });
});

// A run that is watched, with threads and a folder; what the file holds is looked at, and what becomes of the run where the
// file cannot be written.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, crossEntropy, models } from '@lockstep/core';
import { decodePicture, fromArrays } from '@lockstep/data';
import {
  decodeEvents,
  type EventProto,
  readHparamsValue,
  type SummaryValueProto,
} from '@lockstep/formats/tensorboard';
import { resume, type TrainingRun, train } from '@lockstep/trainer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recordedScreen } from '../recorder.fixture.js';
import type { OpenFile } from './event-file.js';
import { TensorboardWatcher } from './watcher.js';

let out: string;
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'lockstep-watched-')), 'run');
});
afterEach(() => rmSync(join(out, '..'), { recursive: true }));

const pixels = (seed: number): number[][] =>
  [0, 1].map((y) => [0, 1].map((x) => ((seed * 7 + 3 * x + y) % 11) / 11));
const inputs = Array.from({ length: 24 }, (_, i) => [pixels(i)]);
const labels = inputs.map((_, i) => i % 3);
const set = fromArrays({ inputs, labels, classes: 3 });
const data = { train: set, test: set };

const ORIGIN = {
  ...{ dataset: 'array', dataDir: null, limitTrain: null, limitTest: null, model: 'mlp' },
  ...{ hidden: [4], activation: 'relu', loss: 'cross-entropy', init: null },
};

function watcherFor(openFile?: OpenFile) {
  const recorded = recordedScreen();
  const session = { screen: recorded.screen, now: () => new Date(), cwd: tmpdir() };
  const place = { out, folder: join(out, 'tensorboard'), ...(openFile && { openFile }) };
  return { ...recorded, watcher: new TensorboardWatcher(place, session) };
}

type Watching = Pick<TensorboardWatcher, 'begin' | 'onEvent' | 'onEpoch' | 'close'>;

function begun(watcher?: Watching): TrainingRun {
  return train({
    ...{ model: models.mlp({ outputs: 3, hidden: [4] }), data, loss: crossEntropy(), out },
    optimizer: adam(),
    ...{ metrics: ['accuracy', 'confusion-matrix'], epochs: 2, batchSize: 8, threads: 1 },
    ...{ origin: ORIGIN, onEpoch: watcher && ((epoch) => watcher.onEpoch(epoch)) },
  });
}

async function followed(run: TrainingRun, watcher: Watching): Promise<string> {
  watcher.begin(run);
  for await (const event of run) await watcher.onEvent(event);
  await watcher.close();
  return (await run.result()).weightsHash;
}

const written = (): string[] => readdirSync(join(out, 'tensorboard')).sort();

function eventsIn(name: string): readonly EventProto[] {
  const { events, torn } = decodeEvents(readFileSync(join(out, 'tensorboard', name)));
  expect(torn).toBe(0);
  return events;
}

/** All values, with the step at which they were told. */
function valuesIn(events: readonly EventProto[]): (SummaryValueProto & { step: number })[] {
  return events.flatMap((event) =>
    'summary' in event ? event.summary.map((value) => ({ ...value, step: event.step })) : [],
  );
}

it('tells numbers, weights and pictures of each epoch, and what the run is', async () => {
  const { watcher, stderr } = watcherFor();
  await followed(begun(watcher), watcher);
  const [name, ...others] = written();
  expect(others).toEqual([]);
  const events = eventsIn(name!);
  expect(events[0]).toMatchObject({ fileVersion: 'brain.Event:2' });
  expect(events.filter((event) => 'graphDef' in event)).toHaveLength(1);
  const values = valuesIn(events);
  const steps = (tag: string): number[] =>
    values.filter((one) => one.tag === tag).map(({ step }) => step);
  for (const tag of [
    'loss/train',
    'loss/test',
    'accuracy/test',
    'learning-rate',
    'samples-per-second',
  ]) {
    expect(steps(tag), tag).toEqual([3, 6]);
  }
  expect(steps('confusion-matrix/test')).toEqual([3, 6]);
  for (const tag of [
    'parameters/layers.0.weight',
    'parameters/layers.2.bias',
    'filters/layers.0.weight',
  ]) {
    expect(steps(tag), tag).toEqual([0, 3, 6]);
  }
  expect(stderr.text).toContain(
    `tensorboard --logdir ${join(out, 'tensorboard').slice(tmpdir().length + 1)}`,
  );
});

it('tells the run’s own numbers and weights', async () => {
  const { watcher } = watcherFor();
  const run = begun(watcher);
  let last: { trainLoss: number; testLoss: number | null } | undefined;
  watcher.begin(run);
  for await (const event of run) {
    await watcher.onEvent(event);
    if (event.event === 'epoch-end') last = event;
  }
  await watcher.close();
  const { parameters } = await run.result();
  const values = valuesIn(eventsIn(written()[0]!)).filter(({ step }) => step === 6);
  const of = (tag: string) => values.find((value) => value.tag === tag)!;
  expect(of('loss/train')).toMatchObject({ simpleValue: Math.fround(last!.trainLoss) });
  expect(of('loss/test')).toMatchObject({ simpleValue: Math.fround(last!.testLoss!) });
  const weights = parameters.get('layers.2.weight')!.data;
  expect(of('parameters/layers.2.weight')).toMatchObject({
    histo: { num: 12, min: Math.min(...weights), max: Math.max(...weights) },
  });
  const filters = of('filters/layers.0.weight');
  const { width, height, encodedImageString } = (
    filters as { image: { width: number; height: number; encodedImageString: Uint8Array } }
  ).image;
  expect(await decodePicture(encodedImageString, 'a')).toMatchObject({
    width,
    height,
    channels: 3,
  });
});

it('says by which settings it was trained, how the columns are called, and that it ended', async () => {
  const { watcher } = watcherFor();
  await followed(begun(watcher), watcher);
  const told = valuesIn(eventsIn(written()[0]!)).flatMap((value) => readHparamsValue(value) ?? []);
  expect(told).toMatchObject([
    { sessionStartInfo: { hparams: { batchSize: 8, hidden: '4', parameters: 35 } } },
    {
      experiment: {
        metricInfos: [{ tag: 'loss/train' }, { tag: 'loss/test' }, { tag: 'accuracy/test' }],
      },
    },
    { sessionEndInfo: { status: 'success' } },
  ]);
});

it('a run that goes on begins a file of its own, and has the bits of one that nobody watched', async () => {
  const first = watcherFor();
  const run = begun(first.watcher);
  first.watcher.begin(run);
  for await (const event of run) {
    await first.watcher.onEvent(event);
    if (event.event === 'epoch-end') break;
  }
  await first.watcher.close();
  const { watcher } = watcherFor();
  const { run: rest } = await resume({
    out,
    data,
    threads: 1,
    onEpoch: (epoch) => watcher.onEpoch(epoch),
  });
  const hash = await followed(rest, watcher);
  const [before, after] = written();
  expect(valuesIn(eventsIn(before!)).some(({ tag }) => tag === '_hparams_/session_end_info')).toBe(
    false,
  );
  expect(eventsIn(after!)[1]).toMatchObject({ sessionLog: 'start', step: 4 });
  expect(eventsIn(after!).some((event) => 'graphDef' in event)).toBe(false);
  const values = valuesIn(eventsIn(after!));
  expect(values.filter(({ tag }) => tag === 'loss/train').map(({ step }) => step)).toEqual([6]);
  expect(values.some(({ tag }) => tag === '_hparams_/session_end_info')).toBe(true);

  rmSync(out, { recursive: true });
  expect((await begun().result()).weightsHash).toBe(hash);
});

it.each([
  ['cannot be made', 0],
  ['is full after a while', 4],
])('a file that %s is one warning, and the run goes on to the same bits', async (_, most) => {
  let count = 0;
  let isClosed = false;
  const openFile: OpenFile = async () => {
    if (most === 0) throw new Error('EACCES: permission denied');
    return {
      appendFile: async () => {
        if (++count > most) throw new Error('ENOSPC: no space left on device');
      },
      close: async () => {
        isClosed = true;
      },
    };
  };
  const { watcher, stderr } = watcherFor(openFile);
  const hash = await followed(begun(watcher), watcher);
  const why = most === 0 ? 'EACCES: permission denied' : 'ENOSPC: no space left on device';
  expect(stderr.text.match(/warning:/g)).toHaveLength(1);
  expect(stderr.text).toMatch(/warning: --tensorboard .*tensorboard: /);
  expect(stderr.text).toContain(`${why}; the run goes on without it`);
  expect(isClosed).toBe(most > 0);
  rmSync(out, { recursive: true });
  expect((await begun().result()).weightsHash).toBe(hash);
});

const STANDING = {
  ...{ epoch: 1, epochs: 2, steps: 6 },
  ...{ trainingSeconds: 1, samplesPerSecond: 1, secondsLeft: 1 },
};

it('what fails twice at once is one warning', async () => {
  let isFull = false;
  const { watcher, stderr } = watcherFor(async () => ({
    appendFile: async () => {
      if (isFull) throw new Error('ENOSPC: no space left on device');
    },
    close: async () => {},
  }));
  const run = begun(watcher);
  let step = 0;
  watcher.begin({ progress: () => ({ ...STANDING, step: ++step, loss: 1 }) });
  for await (const event of run) {
    await watcher.onEvent(event);
    if (event.event !== 'run-start') continue;
    isFull = true;
    watcher.look();
    watcher.look();
  }
  await watcher.close();
  expect(stderr.text.match(/warning:/g)).toHaveLength(1);
});

it('within an epoch tells the loss of the step that the run is at', async () => {
  const { watcher } = watcherFor();
  const run = begun(watcher);
  let step = 0;
  watcher.begin({
    progress: () => {
      if (step === 6) return undefined;
      step++;
      return { ...STANDING, step, loss: step / 2 };
    },
  });
  for await (const event of run) {
    await watcher.onEvent(event);
    if (event.event === 'run-start') watcher.look();
  }
  await watcher.close();
  const values = valuesIn(eventsIn(written()[0]!));
  const batch = values.filter(({ tag }) => tag === 'loss/batch');
  expect(batch[0]).toMatchObject({ step: 1, simpleValue: 0.5 });
});

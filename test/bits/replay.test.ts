// A step that is computed again, from whatever a run's folder still has, is the step that was recorded.
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  batchNorm1d,
  flatten,
  initialParameters,
  linear,
  relu,
  rmsprop,
  sequential,
  sgd,
  traceModel,
} from '@lockstep/core';
import {
  openReplay,
  type Replayed,
  readEvidence,
  readRun,
  resume,
  settingDifferences,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import * as early from '../early-end.js';
import {
  commonRun,
  data,
  dropCheckpoints,
  options,
  replayed,
  STEPS,
  trained,
  withReplay,
} from './replayed.js';
import { digits, droppingNetwork, follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const common = commonRun();

/** What it was compared with, and whether it was the same. */
function places({ compared }: Replayed): [number, string, boolean][] {
  return compared.map(({ step, place, isSame }) => [step, place, isSame]);
}

/** Every file of a folder, with its bytes and when it was changed. */
function contents(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const found = statSync(path);
      return [name, found.mtimeMs, found.isFile() ? readFileSync(path, 'base64') : null];
    });
}

describe('a step that is computed again', () => {
  it('is compared with all that was recorded of it, and of the steps on the way', async () => {
    const { path, from, ...last } = await replayed(common(), { step: STEPS });
    expect([from, path]).toEqual([14, join(common(), 'checkpoints', 'step-000000014.safetensors')]);
    expect(places({ path, from, ...last })).toEqual([
      [21, "at epoch 3's end", true],
      [21, 'with its checkpoint', true],
      [21, "at the run's end", true],
      [21, 'in its checkpoint', true],
      [21, 'in weights.safetensors', true],
    ]);
    const all = await replayed(common(), { step: STEPS, from: 0 });
    expect([all.from, all.path, all.digest]).toEqual([0, null, last.digest]);
    expect(places(all).map(([step]) => step)).toEqual([7, 7, 14, 14, 14, 21, 21, 21, 21, 21]);
    expect(all.compared.every(({ isSame }) => isSame)).toBe(true);
  });

  it.each<[string, Partial<TrainOptions>]>([
    ['momentum', { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }],
    ['few shards', { shards: 2, batchSize: 50, optimizer: rmsprop() }],
    [
      'buffers',
      { model: sequential(flatten(), linear(784, 9), batchNorm1d(9), relu(), linear(9, 10)) },
    ],
    [
      'frozen layers',
      {
        trainable: (name) => !name.startsWith('1.'),
        model: sequential(flatten(), linear(784, 9), linear(9, 10)),
      },
    ],
    ['a share for validation', { validation: 0.25 }],
    ['no shuffling, and no short batch', { shuffle: false, dropLast: true }],
    ['one sample a batch', { batchSize: 1, shards: 1, epochs: 1 }],
  ])('is the same with %s, from any checkpoint, on any number of threads', async (_, more) => {
    const out = await trained({ ...more, checkpointEvery: 5 });
    const { epochs } = (await readRun(out)).config;
    const steps = await withReplay(out, async (replay) => replay.steps);
    for (const from of [0, steps - 1]) {
      const replay = await replayed(out, { step: steps, from }, { threads: from === 0 ? 1 : 3 });
      expect(replay.compared.length).toBeGreaterThanOrEqual(from === 0 ? epochs + 3 : 3);
      expect(replay.compared.every(({ isSame }) => isSame)).toBe(true);
    }
  });

  it('of which nothing was recorded is computed all the same', async () => {
    const first = await replayed(common(), { step: 10 });
    expect(places(first)).toEqual([
      [7, "at epoch 1's end", true],
      [7, 'with its checkpoint', true],
    ]);
    expect((await replayed(common(), { step: 6 })).compared).toEqual([]);
    const other = await trained({ checkpointEvery: 10 });
    expect((await replayed(other, { step: 10 })).digest).toBe(first.digest);
    expect(places(await replayed(other, { step: 10 }))).toContainEqual([
      ...([10, 'with its checkpoint', true] as const),
    ]);
  });

  it('leaves the folder as it is', async () => {
    const before = contents(common());
    await withReplay(common(), async (replay) => {
      await replay.replay({ step: STEPS, from: 0 });
      await replay.at(9);
    });
    expect(contents(common())).toEqual(before);
  });

  it('may be of a run that goes on', async () => {
    const out = await temporaryFolder();
    const run = train({ ...options, epochs: 40, out, threads: 1 });
    for await (const event of run) {
      if (event.event !== 'checkpoint' || event.step !== 7) continue;
      const { compared } = await replayed(out, { step: 7 });
      expect(compared.length).toBeGreaterThanOrEqual(2);
      expect(compared.every(({ isSame }) => isSame)).toBe(true);
    }
    expect((await run.result()).step).toBe(40 * 7);
  });

  it('does not end where a rule ended the run', async () => {
    const stopped = await trained({ patience: 1, minDelta: 100 });
    const record = await readRun(stopped);
    expect(settingDifferences(await readRun(common()), record)).not.toEqual([]);
    const { records, ending, faults } = await readEvidence(stopped, record);
    expect([records.at(-1)!.step, ending, faults]).toMatchObject([14, { step: 14 }, []]);
    expect(places(await replayed(stopped, { step: 14, from: 0 })).every(([, , same]) => same)).toBe(
      true,
    );
    const beyond = await replayed(stopped, { step: STEPS });
    expect(beyond.compared).toEqual([]);
    expect(beyond.weightsHash).toBe((await replayed(common(), { step: STEPS })).weightsHash);
  });

  it('is compared with the best epoch where the run gives that', async () => {
    const out = await temporaryFolder();
    await followToEnd(train({ ...early.OPTIONS, out, threads: 1 }));
    const { step, bestEpoch } = early.END;
    const { compared } = await replayed(out, { step, from: 0 }, { data: early.data });
    const end = compared.find(({ place }) => place === "at the run's end");
    expect(end).toMatchObject({ step: 4 * bestEpoch!, isSame: true });
    expect(compared.every(({ isSame }) => isSame)).toBe(true);
  });

  it('begins with the weights that the run was given, and not with others', async () => {
    const parameters = initialParameters(traceModel(droppingNetwork, [1, 28, 28]), 77);
    const out = await trained({ parameters });
    dropCheckpoints(out, (step) => step < 14);
    await expect(replayed(out, { step: 3 })).rejects.toThrow(
      /did not begin with weights that its seed draws: .* It can be computed again from its checkpoint of step 14/,
    );
    expect((await replayed(out, { step: 15 })).from).toBe(14);
    const given = await replayed(out, { step: 7 }, { parameters: () => parameters });
    expect(places(given)).toContainEqual([7, "at epoch 1's end", true]);
    const other = initialParameters(traceModel(droppingNetwork, [1, 28, 28]), 78);
    await expect(replayed(out, { step: 7 }, { parameters: () => other })).rejects.toThrow(
      /did not begin with these weights/,
    );
  });

  it('is written as a checkpoint that goes on as the run did', async () => {
    const out = join(await temporaryFolder(), 'run');
    await cp(common(), out, { recursive: true });
    dropCheckpoints(out, () => true);
    await withReplay(common(), async (replay) => {
      await replay.replay({ step: 10 });
      await replay.write(join(out, 'checkpoints', 'step-000000010.safetensors'));
    });
    const { run, refused } = await resume({ out, data });
    const after = await followToEnd(run);
    expect([refused, after.events[0]]).toMatchObject([[], { event: 'run-start', step: 10 }]);
    const { weightsHash } = await replayed(common(), { step: STEPS });
    expect(after.weightsHash).toBe(weightsHash);
  });

  it('ends with the error that ended the run', async () => {
    const out = await temporaryFolder();
    const optimizer = sgd({ learningRate: 1e30 });
    const { error } = await follow(train({ ...options, out, optimizer, threads: 2 }));
    expect(error).toMatchObject({ code: 'non-finite' });
    await expect(replayed(out, { step: STEPS })).rejects.toThrow((error as Error).message);
  });

  it('ends where it is asked to', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(replayed(common(), { step: 7 }, { signal })).rejects.toBe(reason);
  });

  it.each([
    [{ step: 0 }, /step must be an integer in \[1, 21\], got 0/],
    [{ step: 22 }, /step must be an integer in \[1, 21\], got 22/],
    [{ step: 7, from: 7 }, /from must be an integer in \[0, 6\], got 7/],
  ])('%j is refused', async (steps, words) => {
    await expect(replayed(common(), steps)).rejects.toThrow(words);
  });

  it('of a run of no steps, of other data, and of no run is refused', async () => {
    const none = await trained({ epochs: 0 });
    await expect(replayed(none, { step: 1 })).rejects.toThrow('has no steps');
    const other = await digits(201, 100);
    await expect(replayed(none, { step: 1 }, { data: other })).rejects.toThrow(
      'replay: the run in',
    );
    await expect(openReplay({ out: await temporaryFolder(), data })).rejects.toThrow(
      'holds no run',
    );
  });
});

describe('what differs from what was recorded', () => {
  it('is told by the hash, and of a checkpoint by the number', async () => {
    const out = await trained();
    const flipped = await bringAstray(out, STEPS, dice(1));
    const { compared } = await replayed(out, { step: STEPS });
    expect(compared.map(({ isSame }) => isSame)).toEqual([false, false, false, false, true]);
    const [difference, ...others] = compared.at(-2)!.differences;
    expect(others).toEqual([]);
    expect(difference).toMatchObject({
      ...{ name: flipped.name, what: 'values', count: 1 },
      ...{ left: flipped.after, right: flipped.before },
    });
  });

  it('is no start for others: a checkpoint that contradicts what was recorded is passed over', async () => {
    const out = await trained();
    rewriteEvents(out, (event) =>
      event.event === 'epoch-end' && event.step === 14
        ? { ...event, weightsHash: '0'.repeat(64) }
        : event,
    );
    const replay = await replayed(out, { step: STEPS });
    expect(replay).toMatchObject({
      from: 0,
      refused: [{ reason: /0{64} was recorded at epoch 2/ }],
    });
    expect(places(replay).filter(([, , isSame]) => !isSame)).toEqual([
      [14, "at epoch 2's end", false],
    ]);
  });

  it('damaged checkpoints, torn lines and lines that say nothing are passed over', async () => {
    const out = await trained();
    truncateSync(join(out, 'checkpoints', 'step-000000014.safetensors'), 1000);
    const metrics = join(out, 'metrics.jsonl');
    const text = readFileSync(metrics, 'utf8');
    truncateSync(metrics, text.lastIndexOf('"weightsHash"'));
    const replay = await replayed(out, { step: STEPS });
    expect(replay).toMatchObject({ from: 0, refused: [{ path: /014/ }] });
    expect(replay.compared.map(({ place }) => place)).not.toContain("at the run's end");
    expect(replay.compared.every(({ isSame }) => isSame)).toBe(true);
  });
});

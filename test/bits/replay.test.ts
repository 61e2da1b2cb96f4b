// A step that is computed again, from whatever a run's folder still has, is the step that was recorded; and where two runs part
// is found, to the number.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  adam,
  batchNorm1d,
  crossEntropy,
  dropout,
  erase,
  flatten,
  initialParameters,
  linear,
  relu,
  rmsprop,
  sequential,
  sgd,
  shift,
  traceModel,
} from '@lockstep/core';
import {
  findParting,
  knownParting,
  openReplay,
  prepareResume,
  type RecordFault,
  type Replayed,
  type ReplayOptions,
  type RunReplay,
  readEvidence,
  readRun,
  resume,
  settingDifferences,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import * as early from '../early-end.js';
import { digits, droppingNetwork, follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

// 200 = 6·32 + 8: 7 steps an epoch, the last one short.
const data = await digits(200, 100);
const STEPS = 21;
const options: TrainOptions = {
  model: droppingNetwork,
  data,
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.003 }),
  batchSize: 32,
  shards: 8,
  epochs: 3,
  seed: 5,
  augment: [shift(2), erase()],
};

/** A run in a folder of its own. */
async function trained(more: Partial<TrainOptions> = {}): Promise<string> {
  const out = await temporaryFolder();
  await followToEnd(train({ ...options, ...more, out, threads: 2 }));
  return out;
}

/** What those look at that change nothing. */
let common: string;
beforeAll(async () => {
  common = await mkdtemp(join(tmpdir(), 'lockstep-replay-'));
  await followToEnd(train({ ...options, out: common, threads: 2 }));
});
afterAll(() => rm(common, { recursive: true }));

async function withReplay<T>(
  out: string,
  work: (replay: RunReplay) => Promise<T>,
  more: Partial<ReplayOptions> = {},
): Promise<T> {
  const replay = await openReplay({ out, data, threads: 2, ...more });
  try {
    return await work(replay);
  } finally {
    await replay.close();
  }
}

function replayed(
  out: string,
  steps: { step: number; from?: number },
  more: Partial<ReplayOptions> = {},
): Promise<Replayed> {
  return withReplay(out, (replay) => replay.replay(steps), more);
}

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

function dropCheckpoints(out: string, isDropped: (step: number) => boolean): void {
  for (const name of readdirSync(join(out, 'checkpoints'))) {
    if (isDropped(Number(/\d+/.exec(name)![0]))) rmSync(join(out, 'checkpoints', name));
  }
}

describe('a step that is computed again', () => {
  it('is compared with all that was recorded of it, and of the steps on the way', async () => {
    const { path, from, ...last } = await replayed(common, { step: STEPS });
    expect([from, path]).toEqual([14, join(common, 'checkpoints', 'step-000000014.safetensors')]);
    expect(places({ path, from, ...last })).toEqual([
      [21, "at epoch 3's end", true],
      [21, 'with its checkpoint', true],
      [21, "at the run's end", true],
      [21, 'in its checkpoint', true],
      [21, 'in weights.safetensors', true],
    ]);
    const all = await replayed(common, { step: STEPS, from: 0 });
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
    const first = await replayed(common, { step: 10 });
    expect(places(first)).toEqual([
      [7, "at epoch 1's end", true],
      [7, 'with its checkpoint', true],
    ]);
    expect((await replayed(common, { step: 6 })).compared).toEqual([]);
    const other = await trained({ checkpointEvery: 10 });
    expect((await replayed(other, { step: 10 })).digest).toBe(first.digest);
    expect(places(await replayed(other, { step: 10 }))).toContainEqual([
      ...([10, 'with its checkpoint', true] as const),
    ]);
  });

  it('leaves the folder as it is', async () => {
    const before = contents(common);
    await withReplay(common, async (replay) => {
      await replay.replay({ step: STEPS, from: 0 });
      await replay.at(9);
    });
    expect(contents(common)).toEqual(before);
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
    expect(settingDifferences(await readRun(common), record)).not.toEqual([]);
    const { records, ending, faults } = await readEvidence(stopped, record);
    expect([records.at(-1)!.step, ending, faults]).toMatchObject([14, { step: 14 }, []]);
    expect(places(await replayed(stopped, { step: 14, from: 0 })).every(([, , same]) => same)).toBe(
      true,
    );
    const beyond = await replayed(stopped, { step: STEPS });
    expect(beyond.compared).toEqual([]);
    expect(beyond.weightsHash).toBe((await replayed(common, { step: STEPS })).weightsHash);
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
    await cp(common, out, { recursive: true });
    dropCheckpoints(out, () => true);
    await withReplay(common, async (replay) => {
      await replay.replay({ step: 10 });
      await replay.write(join(out, 'checkpoints', 'step-000000010.safetensors'));
    });
    const { run, refused } = await resume({ out, data });
    const after = await followToEnd(run);
    expect([refused, after.events[0]]).toMatchObject([[], { event: 'run-start', step: 10 }]);
    const { weightsHash } = await replayed(common, { step: STEPS });
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
    await expect(replayed(common, { step: 7 }, { signal })).rejects.toBe(reason);
  });

  it.each([
    [{ step: 0 }, /step must be an integer in \[1, 21\], got 0/],
    [{ step: 22 }, /step must be an integer in \[1, 21\], got 22/],
    [{ step: 7, from: 7 }, /from must be an integer in \[0, 6\], got 7/],
  ])('%j is refused', async (steps, words) => {
    await expect(replayed(common, steps)).rejects.toThrow(words);
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

/** What of a run's folder is wrong, by kind and file. */
async function faultsOf(out: string): Promise<[string, string, number | null][]> {
  const { faults } = await readEvidence(out, await readRun(out));
  return faults.map(({ kind, file, step }: RecordFault) => [kind, file, step]);
}

describe('what is wrong with the records of a run', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'lockstep-faults-'));
    await cp(common, out, { recursive: true });
  });
  afterEach(() => rm(out, { recursive: true }));
  const checkpoint = (step: number): string =>
    join(out, 'checkpoints', `step-${String(step).padStart(9, '0')}.safetensors`);
  const name = (step: number): string => `checkpoints/${basename(checkpoint(step))}`;

  it('is nothing where nothing is', async () => {
    expect(await faultsOf(out)).toEqual([]);
    const interrupted = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const run = train({ ...options, epochs: 99, out: interrupted, signal, threads: 2 });
    await follow(run, ({ event }) => {
      if (event === 'epoch-end') controller.abort();
    });
    expect(await faultsOf(interrupted)).toEqual([]);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['is empty', (path) => truncateSync(path), /damaged or no checkpoint/],
    ['is cut', (path) => truncateSync(path, 9000), /truncated|damaged/],
    ['has another bit in its header', (path) => flip(path, 40), /./],
    ['has another bit in its hash', (path) => flip(path, 80), /altered since it was saved/],
    ['has another bit at its end', (path) => flip(path, -3), /altered since it was saved/],
  ])('a checkpoint that %s is damaged', async (_, damage, words) => {
    damage(checkpoint(21));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults).toMatchObject([{ kind: 'damaged', file: name(21), step: 21 }]);
    expect(faults[0]!.message).toMatch(words);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { step: 21, place: 'in its checkpoint', recorded: null, fault: expect.stringMatching(words) },
    ]);
  });

  it('two checkpoints that changed their names are', async () => {
    renameSync(checkpoint(21), `${checkpoint(21)}.x`);
    renameSync(checkpoint(14), checkpoint(21));
    renameSync(`${checkpoint(21)}.x`, checkpoint(14));
    expect(await faultsOf(out)).toEqual([
      ['damaged', name(21), 21],
      ['damaged', name(14), 14],
    ]);
  });

  it('a checkpoint whose hash was made right again contradicts what was recorded of its step', async () => {
    const before = readFileSync(join(out, 'metrics.jsonl'));
    await bringAstray(out, 21, dice(6));
    writeFileSync(join(out, 'metrics.jsonl'), before);
    const faults = await faultsOf(out);
    const of21 = ['contradiction', name(21), 21];
    expect(faults).toEqual([of21, of21]);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { place: 'in its checkpoint', differences: [{ what: 'values', count: 1 }] },
    ]);
    expect((await prepareResume({ out, data })).refused).toMatchObject([{ path: checkpoint(21) }]);
  });

  it('weights of the end that are others contradict it, and the tensor is told', async () => {
    const path = join(out, 'weights.safetensors');
    flip(path, -3);
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults).toMatchObject([{ kind: 'contradiction', step: 21 }]);
    expect(faults[0]!.message).toContain('in weights.safetensors');
    expect(faults[0]!.differences).toMatchObject([{ what: 'values', count: 1 }]);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { place: 'in weights.safetensors', differences: [{ count: 1 }] },
    ]);
  });

  it('lines that are lost, files that are gone and numbers that are others are told', async () => {
    const metrics = join(out, 'metrics.jsonl');
    const text = readFileSync(metrics, 'utf8');
    const without = (part: string): string =>
      text
        .split('\n')
        .filter((line) => !line.includes(part))
        .join('\n');
    writeFileSync(metrics, without('"epoch":2,'));
    expect(await faultsOf(out)).toEqual([['missing', 'metrics.jsonl', null]]);
    writeFileSync(metrics, text.replace('"epoch-end"', '"epoch-en'));
    expect(await faultsOf(out)).toContainEqual(['damaged', 'metrics.jsonl', null]);
    writeFileSync(metrics, text);
    rewriteEvents(out, (event) => (event.event === 'run-end' ? { ...event, testLoss: 9 } : event));
    expect(await faultsOf(out)).toEqual([['contradiction', 'metrics.jsonl', 21]]);
    rmSync(metrics);
    rmSync(checkpoint(21));
    expect(await faultsOf(out)).toEqual([
      ['missing', 'metrics.jsonl', null],
      ['damaged', 'weights.safetensors', null],
    ]);
  });

  type Case = [string, (event: Rewritten) => object, [string, RegExp][]];
  it.each<Case>([
    [
      'an epoch that ended at another step',
      (event) => (isEnd(event, 2) ? { ...event, step: 13, weightsHash: 'ab'.repeat(32) } : event),
      [
        ['contradiction', /says that epoch 2 ended at step 13, and its last is step 14/],
        ['contradiction', /step 14: weights .*at epoch 2's end/],
      ],
    ],
    [
      'an epoch more than the run has',
      (event) => (isEnd(event, 3) ? { ...event, epoch: 4, step: 28 } : event),
      [
        ['contradiction', /tells of the end of epoch 4, and the run has 3 epochs/],
        ['missing', /tells nothing of the end of epoch 3/],
      ],
    ],
    [
      'a checkpoint after the last step',
      (event) => (event.event === 'checkpoint' ? { ...event, step: 22 } : event),
      [['contradiction', /tells of a checkpoint at step 22, and the run has 21 steps/]],
    ],
    [
      'an epoch without its hash and its loss',
      (event) =>
        isEnd(event, 2) ? { ...event, weightsHash: undefined, trainLoss: undefined } : event,
      [['damaged', /tells the end of epoch 2 without its weightsHash and trainLoss \(line \d+\)/]],
    ],
    [
      'an epoch without a metric that the others have',
      (event) => {
        const { metrics } = event as { readonly metrics?: object };
        return metrics && !isEnd(event, 2) ? { ...event, metrics: { ...metrics, f1: 1 } } : event;
      },
      [['missing', /epoch 2 without its metrics\.f1, which others have \(line \d+\)/]],
    ],
    ...(
      [
        ['metrics', [1], /epoch 2 with metrics \[1\], expected metrics by name/],
        ['metrics', undefined, /epoch 2 without its metrics/],
        ['metrics', {}, /epoch 2 without its metrics.loss/],
        ['metrics', { loss: 'low' }, /epoch 2 with metrics \{"loss":"low"\}, expected/],
        ['testLoss', undefined, /epoch 2 without its testLoss/],
        ['testLoss', null, /epoch 2 with testLoss null, expected a number, as it stands/],
        ['samples', undefined, /epoch 2 without its samples/],
        ['seconds', '1', /epoch 2 with seconds "1", expected a number/],
      ] as const
    ).map(
      ([field, value, words]): Case => [
        `an epoch whose ${field} is ${JSON.stringify(value) ?? 'gone'}`,
        (event) => (isEnd(event, 2) ? { ...event, [field]: value } : event),
        [['damaged', words]],
      ],
    ),
    ...(
      [
        ['run-start', 'seed', /the run's begin without its seed/],
        ['run-end', 'weightsHash', /the run's end without its weightsHash/],
        ['run-end', 'stopped', /the run's end without its stopped/],
        ['run-end', 'bestEpoch', /the run's end without its bestEpoch/],
        ['checkpoint', 'digest', /the checkpoint of step 21 without its digest/],
        ['checkpoint', 'path', /the checkpoint of step 21 without its path/],
      ] as const
    ).flatMap(([kind, field, words]): Case[] => [
      [
        `a ${kind} whose ${field} is gone`,
        (event) => (isLast(event, kind) ? { ...event, [field]: undefined } : event),
        [['damaged', words]],
      ],
      [
        `a ${kind} whose ${field} is a list`,
        (event) => (isLast(event, kind) ? { ...event, [field]: [5] } : event),
        [['damaged', new RegExp(`with ${field} \\[5\\], expected `)]],
      ],
    ]),
  ])('lines of %s are told', async (_, rewrite, expected) => {
    rewriteEvents(out, rewrite);
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ kind, message }) => [kind, message])).toEqual(
      expected.map(([kind, words]) => [kind, expect.stringMatching(words)]),
    );
  });

  it.each([
    ['epoch-end', 'weightsHash', { what: 'weights', place: "at epoch 3's end" }],
    ['run-end', 'weightsHash', { what: 'weights', place: "at the run's end" }],
    ['checkpoint', 'digest', { what: 'state', place: 'with its checkpoint' }],
  ])(
    'of a step that was asked for, the hash of its %s is not passed over: %s',
    async (kind, field, told) => {
      rewriteEvents(out, (event) => (isLast(event, kind) ? { ...event, [field]: 5 } : event));
      const fault = expect.stringMatching(
        `^metrics.jsonl tells .* with ${field} 5, expected a text`,
      );
      const { compared } = await replayed(out, { step: STEPS });
      expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
        { ...told, step: STEPS, recorded: null, fault },
      ]);
      const before = await replayed(out, { step: 14 });
      expect(before.compared.every(({ isSame }) => isSame)).toBe(true);
    },
  );

  it('epochs that a later checkpoint shows to have ended are missing', async () => {
    const metrics = join(out, 'metrics.jsonl');
    const text = readFileSync(metrics, 'utf8');
    writeFileSync(metrics, '');
    rmSync(join(out, 'weights.safetensors'));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ message }) => message)).toEqual([
      'metrics.jsonl tells nothing of the end of epochs 1, 2, 3',
    ]);
    const lines = text.split('\n');
    const third = lines.findIndex((line) => line.includes('"epoch":3,'));
    writeFileSync(metrics, `${lines.slice(0, third).join('\n')}\n`);
    const cut = await readEvidence(out, await readRun(out));
    expect(cut.faults.map(({ message }) => message)).toEqual([
      'metrics.jsonl tells nothing of the end of epoch 3',
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'what is no file is damaged, and nobody waits for it',
    async () => {
      for (const path of [checkpoint(21), join(out, 'weights.safetensors')]) {
        rmSync(path);
        execFileSync(MAKE_PIPE, [path]);
      }
      expect(await faultsOf(out)).toEqual([
        ['damaged', name(21), 21],
        ['damaged', 'weights.safetensors', null],
      ]);
      const metrics = join(out, 'metrics.jsonl');
      rmSync(metrics);
      mkdirSync(metrics);
      expect(await faultsOf(out)).toContainEqual(['damaged', 'metrics.jsonl', null]);
    },
  );

  it('a record that says otherwise than the run began is told by what it says', async () => {
    const path = join(out, 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"seed": 5/, '"seed": 6'));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ kind }) => kind)).toEqual(['contradiction', 'damaged', 'damaged']);
    expect(faults[0]!.message).toContain('began with seed 5, run.json has 6');
    expect(faults[1]!.message).toContain('seed 5 / 6');
  });
});

const MAKE_PIPE = 'mkfifo';

type Rewritten = Readonly<Record<string, unknown>>;

/** Of the run's last step, if it is of a step at all. */
function isLast({ event, step }: Rewritten, kind: string): boolean {
  return event === kind && (step === STEPS || kind === 'run-start');
}

function isEnd({ event, epoch }: Rewritten, ofEpoch: number): boolean {
  return event === 'epoch-end' && epoch === ofEpoch;
}

/** @param at from the end, where it is negative */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  writeFileSync(path, bytes);
}

/** Where two runs of the same settings part, as `lockstep diff` finds it. */
async function parting(left: string, right: string) {
  const [ours, theirs] = [await readRun(left), await readRun(right)];
  expect(settingDifferences(ours, theirs)).toEqual([]);
  const { same, parting: recorded } = knownParting(
    (await readEvidence(left, ours)).records,
    (await readEvidence(right, theirs)).records,
    ({ what }) => !what.startsWith('metric '),
  );
  if (!recorded) return { recorded, found: undefined };
  const found = await withReplay(left, (one) =>
    withReplay(right, (other) =>
      findParting(one, other, { same, differs: recorded.step, recorded, isOneRun: true }),
    ),
  );
  return { recorded, found };
}

describe('two runs', () => {
  it('that are the same do not part', async () => {
    const [left, right] = [common, await trained({ checkpointEvery: 4 })];
    expect(await parting(left, right)).toEqual({ recorded: null, found: undefined });
  });

  const roll = dice(20261130);
  const faults = [STEPS, 7, 1, ...Array.from({ length: 4 }, () => 1 + roll(STEPS))];
  it.each(faults)('part where one bit of one was flipped: step %d', async (step) => {
    const out = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    await follow(train({ ...options, out, signal, checkpointEvery: step, threads: 2 }), (event) => {
      if (event.event === 'checkpoint' && event.step === step) controller.abort();
    });
    const flipped = await bringAstray(out, step, roll);
    const { run } = await resume({ out, data, checkpointEvery: 100 });
    await followToEnd(run);
    const { recorded, found } = await parting(common, out);
    expect(recorded!.step).toBe(7 * Math.ceil(step / 7));
    expect(found).toMatchObject({ same: step - 1, step, astray: ['right'] });
    expect(found!.differences).toHaveLength(1);
    const { name, index, left, right } = found!.differences[0]!;
    expect({ name, left, right }).toEqual({
      ...{ name: flipped.name, left: flipped.before, right: flipped.after },
    });
    const { shape } = (await readRun(out)).config.graph.parameters.find(
      (parameter) => parameter.name === name,
    )!;
    expect(index!.reduce((place, at, axis) => place * shape[axis]! + at, 0)).toBe(flipped.index);
  });

  it('of which one recorded what it does not compute are told apart by that', async () => {
    const [left, right] = [await trained(), await trained()];
    rewriteEvents(left, (event) =>
      event.step === 14 && 'weightsHash' in event ? { ...event, weightsHash: 'no hash' } : event,
    );
    dropCheckpoints(right, () => true);
    dropCheckpoints(left, () => true);
    const { found } = await parting(left, right);
    const saved = { left: [], right: [] };
    expect(found).toEqual({ same: 14, step: null, differences: [], astray: ['left'], saved });
  });

  it.each<[string, Partial<TrainOptions>, number, number | null]>([
    ['another seed', { seed: 6 }, 0, null],
    ['another learning rate', { optimizer: adam({ learningRate: 0.004 }) }, 1, 0],
    ['another optimizer', { optimizer: sgd({ learningRate: 0.1 }) }, 1, 0],
    ['more epochs', { epochs: 4 }, 22, 21],
  ])('that differ by %s part there', async (_, more, step, same) => {
    const [left, right] = [common, await trained(more)];
    const differs = 21;
    const found = await withReplay(left, (one) =>
      withReplay(right, (other) =>
        findParting(one, other, { same: [7, 14], differs, isOneRun: false }),
      ),
    );
    if (step > STEPS) expect(found).toMatchObject({ step: null, same });
    else expect(found).toMatchObject({ step, same, astray: [] });
  });

  it('of networks that are not the same part before their first step, by shape and name', async () => {
    const model = sequential(flatten(), dropout(0.2), linear(784, 41), relu(), linear(41, 10));
    const [left, right] = [common, await trained({ model, augment: [] })];
    const names = settingDifferences(await readRun(left), await readRun(right));
    expect(names.map(({ name }) => name)).toContain('network.2.weight');
    const { differences, step } = await withReplay(left, (one) =>
      withReplay(right, (other) =>
        findParting(one, other, { same: [], differs: 7, isOneRun: false }),
      ),
    );
    expect(step).toBe(0);
    expect(differences[0]).toMatchObject({ what: 'shape', left: '[40, 784]', right: '[41, 784]' });
  });
});

// Interrupted and resumed: at every step, by abort and by SIGKILL, with other worker counts and from damaged
// checkpoints, the run ends with the hash and every epoch's metrics of the run that nobody disturbed.
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  erase,
  type Loss,
  linear,
  neg,
  rotate,
  sequential,
  sgd,
  shift,
  sum,
  zeros,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import {
  loadRunWeights,
  resume,
  type TrainEvent,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { isLong, some } from '../long.js';
import { options as base, data, STEPS } from './replayed.js';
import { digits, follow, followToEnd, type Outcome, runScript, scriptBase } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const options: TrainOptions = { ...base, augment: [shift(2), rotate(15), erase()] };
let undisturbed: Outcome;

beforeAll(async () => {
  undisturbed = await followToEnd(train({ ...options, threads: 1 }));
});

type Start = (
  signal: AbortSignal,
) => AsyncIterable<TrainEvent> | Promise<AsyncIterable<TrainEvent>>;

/** Follows a run and aborts it as soon as it has saved a checkpoint of `step`. */
async function interruptAt(step: number, start: Start): Promise<Outcome> {
  const controller = new AbortController();
  const outcome = await follow(await start(controller.signal), (event) => {
    if (event.event === 'checkpoint' && event.step === step) controller.abort();
  });
  expect(outcome.isInterrupted).toBe(true);
  expect(outcome.events.at(-1)).toMatchObject({ event: 'run-end', step });
  expect(outcome.events.at(-2)).toMatchObject({ event: 'checkpoint', step });
  return outcome;
}

async function resumed(
  out: string,
  threads: number,
  more: { signal?: AbortSignal; checkpointEvery?: number } = {},
): Promise<AsyncIterable<TrainEvent>> {
  const { run, refused } = await resume({ out, data, threads, ...more });
  expect(refused).toEqual([]);
  return run;
}

describe('a resumed run', () => {
  it('that was interrupted after every single step, or every fifth, ends with the same bits', async () => {
    const out = await temporaryFolder();
    const checkpointEvery = 1;
    const first = await interruptAt(1, (signal) =>
      train({ ...options, out, signal, checkpointEvery, threads: 2 }),
    );
    const epochs = [...first.epochs];
    const each = isLong ? 1 : 5;
    for (let step = 1 + each; step < STEPS; step += each) {
      const threads = [3, 1, 2, 5][step % 4]!;
      const outcome = await interruptAt(step, (signal) =>
        resumed(out, threads, { signal, checkpointEvery }),
      );
      expect(outcome.events[0]).toMatchObject({
        event: 'run-start',
        step: step - each,
        workers: threads,
      });
      epochs.push(...outcome.epochs);
    }
    const last = await follow(await resumed(out, 2));
    epochs.push(...last.epochs);
    expect(last.weightsHash).toBe(undisturbed.weightsHash);
    expect(epochs).toEqual(undisturbed.epochs);
    expect(last.events.at(-1)).toMatchObject({ event: 'run-end', step: STEPS, samples: 600 });
  });

  it.each(
    some(3, [
      [0, 5],
      [7, 1],
      [20, 2],
      [6, 3],
      [8, 2],
      [14, 3],
    ]),
  )('that was interrupted at step %d goes to the end on %d threads', async (step, threads) => {
    const out = await temporaryFolder();
    const checkpointEvery = step === 0 ? 21 : step;
    const before = await interruptAt(step, (signal) =>
      train({ ...options, out, signal, checkpointEvery, threads: 2 }),
    );
    const after = await follow(await resumed(out, threads));
    expect(after.weightsHash).toBe(undisturbed.weightsHash);
    expect([...before.epochs, ...after.epochs]).toEqual(undisturbed.epochs);
    expect((await loadRunWeights(out)).weightsHash).toBe(undisturbed.weightsHash);
  });

  it('that was aborted at any moment has saved the step it was at, and has the same epochs', async () => {
    // Threads take some 50 ms to start, and then some 3 ms an epoch: before, during and between steps.
    for (const delayMs of some(3, [0, 40, 80, 60, 70, 90])) {
      const out = await temporaryFolder();
      const first = new AbortController();
      const run = train({ ...options, epochs: 1000, out, signal: first.signal, threads: 2 });
      const before = await follow(run, ({ event }) => {
        if (event === 'run-start') setTimeout(() => first.abort(), delayMs);
      });
      expect(before.isInterrupted).toBe(true);
      const { step } = run.progress()!;
      expect(before.events.filter(({ event }) => event === 'checkpoint').at(-1)).toMatchObject({
        step,
      });
      const second = new AbortController();
      const { signal } = second;
      const after = await follow(await resumed(out, 1, { signal }), ({ event }) => {
        if (event === 'epoch-end') second.abort();
      });
      expect(after.events[0]).toMatchObject({ step });
      const epochs = [...before.epochs, ...after.epochs];
      expect(epochs.length).toBeGreaterThan(0);
      expect(epochs.slice(0, 3)).toEqual(undisturbed.epochs.slice(0, epochs.length));
    }
  });

  it.each(['left', 'broken by an error'])(
    'whose loop was %s has saved the step it was at',
    async (how) => {
      const out = await temporaryFolder();
      const reader = async () => {
        const faults = [{ thread: 0, step: 9, when: 'compute', how: 'throw' }] as const;
        for await (const { event } of train({ ...options, out, threads: 2, faults })) {
          if (event !== 'worker-lost') continue;
          if (how === 'left') break;
          throw new Error('the reader fails');
        }
      };
      if (how === 'left') await reader();
      else await expect(reader()).rejects.toThrow('the reader fails');
      const last = await follow(await resumed(out, 2));
      const begin = last.events[0] as { step: number };
      expect(begin.step).toBeGreaterThanOrEqual(9);
      expect(last.weightsHash).toBe(undisturbed.weightsHash);
    },
  );

  it('was aborted within a step or two, not at the end of the epoch', async () => {
    const controller = new AbortController();
    const many = { train: (await digits(20_000, 1)).train };
    const run = train({
      ...options,
      data: many,
      batchSize: 4,
      shards: 2,
      threads: 2,
      signal: controller.signal,
    });
    const poll = setInterval(() => {
      if ((run.progress()?.step ?? 0) > 0) controller.abort();
    }, 1);
    expect((await run.result()).stopped).toBe('asked');
    clearInterval(poll);
    // An epoch of 5,000 steps takes some 400 ms, and the poll looks every millisecond or so.
    expect(run.progress()!.step).toBeLessThan(4000);
  });

  it('that had come to its end trains nothing and says the same result again', async () => {
    const out = await temporaryFolder();
    await followToEnd(train({ ...options, out, threads: 2 }));
    const again = await follow(await resumed(out, 1));
    const end = undisturbed.events.at(-1) as Extract<TrainEvent, { event: 'run-end' }>;
    expect(again.events.map(({ event }) => event)).toEqual(['run-start', 'run-end']);
    expect(again.events.at(-1)).toMatchObject({
      step: STEPS,
      weightsHash: undisturbed.weightsHash,
      testLoss: end.testLoss,
      testAccuracy: end.testAccuracy,
    });
  });

  it('whose process was killed goes on from its last checkpoint', async () => {
    const out = await temporaryFolder();
    const killed = runScript(`
      const run = train({ ...base, out: ${JSON.stringify(out)}, checkpointEvery: 2 });
      for await (const event of run) {
        if (event.event === 'checkpoint' && event.step === 10) process.kill(process.pid, 'SIGKILL');
      }`);
    await expect(killed).rejects.toMatchObject({ cause: { signal: 'SIGKILL' } });
    const { data, ...rest } = await scriptBase();
    const expected = await followToEnd(train({ ...rest, data, threads: 1 }));
    const { run } = await resume({ out, data, threads: 3 });
    const after = await followToEnd(run);
    expect(after.events[0]).toMatchObject({ event: 'run-start', step: 10 });
    expect(after.weightsHash).toBe(expected.weightsHash);
    expect(after.epochs).toEqual(expected.epochs.slice(1));
    const logged = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(logged.map((line) => JSON.parse(line).event).at(-1)).toBe('run-end');
  });
});

describe('a damaged newest checkpoint', () => {
  const damages: [string, (path: string, bytes: Buffer) => Promise<void>][] = [
    ['truncated', (path, bytes) => truncate(path, bytes.length - 1000)],
    [
      'altered in one bit',
      (path, bytes) => {
        bytes[bytes.length - 5]! ^= 1;
        return writeFile(path, bytes);
      },
    ],
    ['empty', (path) => truncate(path, 0)],
  ];

  it.each(damages)(
    'that is %s is refused by name, and the one before it leads to the same bits',
    async (_, damage) => {
      const out = await temporaryFolder();
      await interruptAt(12, (signal) =>
        train({ ...options, out, signal, checkpointEvery: 4, threads: 2 }),
      );
      const newest = join(out, 'checkpoints', 'step-000000012.safetensors');
      await damage(newest, await readFile(newest));
      const { run, refused } = await resume({ out, data, threads: 3 });
      expect(refused).toEqual([{ path: newest, reason: expect.stringContaining(newest) }]);
      const after = await followToEnd(run);
      expect(after.events[0]).toMatchObject({ event: 'run-start', step: 8 });
      expect(after.weightsHash).toBe(undisturbed.weightsHash);
      expect(after.epochs).toEqual(undisturbed.epochs.slice(1));
    },
  );

  it('is an error if there is none before it; a new start is not ours to decide', async () => {
    const out = await temporaryFolder();
    await interruptAt(4, (signal) =>
      train({ ...options, out, signal, checkpointEvery: 4, threads: 2 }),
    );
    const folder = join(out, 'checkpoints');
    for (const name of await readdir(folder)) await truncate(join(folder, name), 100);
    await expect(resume({ out, data })).rejects.toMatchObject({ code: 'checkpoint' });
  });

  it('of another run is refused', async () => {
    const [out, other] = [await temporaryFolder(), await temporaryFolder()];
    await interruptAt(4, (signal) =>
      train({ ...options, out, signal, checkpointEvery: 4, threads: 2 }),
    );
    await interruptAt(5, (signal) =>
      train({ ...options, out: other, seed: 6, signal, checkpointEvery: 5, threads: 2 }),
    );
    await cp(join(other, 'checkpoints'), join(out, 'checkpoints'), { recursive: true });
    await expect(resume({ out, data })).rejects.toThrow(/belongs to another run/);
  });
});

describe('the samples of an epoch', () => {
  // Sample i is the unit vector e_i and its loss is −w·e_i, so a step adds learningRate / batch to w_i for
  // each sample of the batch: exactly 1, since both are 8. The weights count how often each was seen.
  const samples = 96;
  const inputs = new Float32Array(samples * samples);
  for (let i = 0; i < samples; i++) inputs[i * (samples + 1)] = 1;
  const counted = {
    train: fromArrays({ inputs, inputShape: [samples], targets: new Float32Array(samples) }),
  };
  const minusOutput: Loss = {
    name: 'minus-output',
    build: (output) => ({ loss: neg(sum(output)) }),
  };
  const ledger: TrainOptions = {
    model: sequential(linear(samples, 1, { bias: false, weightInit: zeros() })),
    data: counted,
    loss: minusOutput,
    optimizer: sgd({ learningRate: 8 }),
    batchSize: 8,
    shards: 4,
    epochs: 2,
  };
  const count = (values: ArrayLike<number>, times: number): number =>
    Array.from(values).filter((value) => value === times).length;

  it('are each seen exactly once, whoever dies and wherever the run is interrupted', async () => {
    for (const step of [1, 5, 11, 12, 13, 20]) {
      const out = await temporaryFolder();
      await interruptAt(step, (signal) =>
        train({
          ...ledger,
          out,
          signal,
          threads: 3,
          checkpointEvery: step,
          faults: [{ thread: 1, step: step - 1, when: 'commit', how: 'throw' }],
        }),
      );
      const [halfway] = [...(await loadRunWeights(out)).parameters.values()];
      const seen = Math.floor((step * 8) / samples);
      expect(count(halfway!.data, seen + 1)).toBe((step * 8) % samples);
      expect(count(halfway!.data, seen)).toBe(samples - ((step * 8) % samples));
      const { run } = await resume({
        out,
        data: counted,
        threads: 2,
        faults: [{ thread: 0, step, when: 'reduce', how: 'throw' }],
      });
      const [weights] = [...(await run.result()).parameters.values()];
      expect(count(weights!.data, 2), `interrupted at ${step}`).toBe(samples);
    }
  });
});

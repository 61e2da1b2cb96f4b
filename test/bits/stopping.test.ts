// Runs on threads that end early: interrupted, killed and resumed wherever that may be, they end where the undisturbed run on
// one thread ends, and give its best epoch. And what callbacks answer.
import { cp, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochView, fit, weightsHash } from '@lockstep/core';
import { loadRunWeights, resume, type TrainEvent, train } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { data, END, expected, hash, last, OPTIONS } from '../early-end.js';
import { type EpochFacts, follow, followToEnd } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const { bestEpoch, stopped } = END;

it('the run that all are compared with ends early, after its best epoch', () => {
  expect(stopped).toBe('patience');
  expect(last).toBeLessThan(40);
  expect(bestEpoch).toBe(last - 4);
  expect(bestEpoch).toBeGreaterThan(1);
});

async function checkpoints(out: string): Promise<number[]> {
  const names = await readdir(join(out, 'checkpoints'));
  return names.map((name) => Number(/\d+/.exec(name)![0])).sort((a, b) => a - b);
}

async function resumed(out: string, threads = 2) {
  const { run, refused } = await resume({ out, data, threads });
  return { outcome: await followToEnd(run), refused, result: await run.result() };
}

describe('a run that ends early', () => {
  it.each([3, 1000])(
    'interrupted again and again, with a checkpoint every %i steps, ends as if it had not been',
    async (checkpointEvery) => {
      const out = await temporaryFolder();
      const epochs: EpochFacts[] = [];
      for (let part = 0; ; part++) {
        const abort = new AbortController();
        const watch = {
          signal: abort.signal,
          onStep: ({ step }: { step: number }) => step % 17 === part % 3 && abort.abort(),
          threads: 1 + (part % 3),
          checkpointEvery,
        };
        const run =
          part === 0
            ? train({ ...OPTIONS, ...watch, out })
            : (await resume({ ...watch, data, out })).run;
        const outcome = await follow(run);
        expect(outcome.error).toBeUndefined();
        epochs.push(...outcome.epochs);
        expect((await checkpoints(out)).length).toBeLessThanOrEqual(4);
        if (outcome.isInterrupted) continue;
        expect(await run.result()).toMatchObject(END);
        break;
      }
      expect(epochs).toMatchObject(expected.epochs);
      expect((await loadRunWeights(out)).weightsHash).toBe(hash);
      expect(await checkpoints(out)).toContain(4 * bestEpoch!);
    },
  );

  it('killed at the end of any epoch, before its checkpoint, goes on from what is there', async () => {
    const out = await temporaryFolder();
    const copies: string[] = [];
    for await (const { event } of train({ ...OPTIONS, out, threads: 2, checkpointEvery: 1000 })) {
      if (event !== 'epoch-end') continue;
      const copy = join(await temporaryFolder(), 'run');
      // Without the claim, by which this process would be waited for.
      await cp(out, copy, { recursive: true, filter: (path) => !path.includes('claim-') });
      copies.push(copy);
    }
    expect(copies).toHaveLength(last);
    for (const copy of [copies[bestEpoch! - 1]!, copies.at(-1)!]) {
      expect((await resumed(copy)).result).toMatchObject(END);
      expect((await loadRunWeights(copy)).weightsHash).toBe(hash);
    }
  });

  it('that has ended says the same again, and trains nothing', async () => {
    const out = await temporaryFolder();
    await train({ ...OPTIONS, out, threads: 2 }).result();
    const files = await readdir(out);
    const { outcome, result } = await resumed(out, 1);
    expect(outcome.events.map(({ event }) => event)).toEqual(['run-start', 'run-end']);
    expect(result).toMatchObject(END);
    expect(await readdir(out)).toEqual(files);
  });

  it('whose newest checkpoint is damaged goes on from the one before, and its best epoch is there', async () => {
    const out = await temporaryFolder();
    await train({ ...OPTIONS, out, threads: 1 }).result();
    await truncate(
      join(out, 'checkpoints', `step-${String(4 * last).padStart(9, '0')}.safetensors`),
      99,
    );
    const { refused, result } = await resumed(out);
    expect(refused).toHaveLength(1);
    expect(result).toMatchObject(END);
  });

  it('whose best epoch is gone from the folder is refused', async () => {
    const out = await temporaryFolder();
    await train({ ...OPTIONS, out, threads: 1 }).result();
    await rm(
      join(out, 'checkpoints', `step-${String(4 * bestEpoch!).padStart(9, '0')}.safetensors`),
    );
    await expect(resume({ out, data })).rejects.toThrow(
      new RegExp(`keeps its best epoch, ${bestEpoch}, whose checkpoint cannot be used`),
    );
  });

  it('keeps its best epoch in memory where it has no folder', async () => {
    const run = train({ ...OPTIONS, threads: 3 });
    expect(await run.result()).toMatchObject(END);
    expect(run.stepsTaken).toBe(4 * last);
  });
});

describe('a callback', () => {
  const whole = { ...OPTIONS, patience: undefined, keep: undefined };

  it.each(['onStep', 'onEpoch'] as const)(
    '%s whose promise comes to nothing keeps no run that is interrupted',
    async (name) => {
      const abort = new AbortController();
      const forever = () => {
        setTimeout(() => abort.abort(), 10);
        return new Promise(() => {});
      };
      const run = train({ ...whole, threads: 1, signal: abort.signal, [name]: forever });
      expect(await run.result()).toMatchObject({
        stopped: 'asked',
        step: name === 'onStep' ? 1 : 4,
      });
    },
  );

  it.each([1, 2])(
    'sees what fit shows, and ends the run after an epoch, on %i threads',
    async (threads) => {
      const seen: number[] = [];
      const options = {
        ...whole,
        onEpoch: async ({ epoch, parameters }: EpochView) => {
          seen.push(epoch);
          return epoch === 3 && (await weightsHash(parameters)).length === 64 ? 'stop' : undefined;
        },
      };
      const result = await train({ ...options, threads }).result();
      expect(seen).toEqual([1, 2, 3]);
      const fitted = fit({ ...whole, onEpoch: ({ epoch }) => (epoch === 3 ? 'stop' : undefined) });
      const { stopped, metrics } = fitted;
      expect(result).toMatchObject({ stopped, metrics, step: 12 });
      expect(result.weightsHash).toBe(await weightsHash(fitted.parameters));
    },
  );

  it('ends the run after a step, evaluated and saved there; it can go on', async () => {
    const out = await temporaryFolder();
    const steps: number[] = [];
    const run = train({
      ...whole,
      ...{ out, threads: 2, epochs: 3 },
      onStep: ({ step }) => {
        steps.push(step);
        return step === 6 ? 'stop' : undefined;
      },
    });
    const events: TrainEvent[] = [];
    for await (const event of run) events.push(event);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.at(-1)).toMatchObject({ event: 'run-end', stopped: 'asked', step: 6 });
    expect((await run.result()).testLoss).toBeGreaterThan(0);
    expect(await checkpoints(out)).toContain(6);
    // Where it stands after it has gone on a little is not where it ended.
    const { run: again } = await resume({ out, data, threads: 1 });
    for await (const { event } of again) if (event === 'checkpoint') break;
    const stands = (await loadRunWeights(out)).weightsHash;
    expect(stands).toBe((await again.result()).weightsHash);
    expect(stands).not.toBe((await run.result()).weightsHash);
    const { result } = await resumed(out);
    expect(result).toMatchObject({ stopped: 'epochs', step: 12 });
    const { parameters } = fit({ ...whole, epochs: 3 });
    expect(result.weightsHash).toBe(await weightsHash(parameters));
  });

  it('that answers another word, or fails, ends the run with its error', async () => {
    const failing = train({
      ...whole,
      threads: 1,
      onEpoch: () => Promise.reject(new Error('mine')),
    });
    await expect(failing.result()).rejects.toThrow('mine');
    const wrong = train({ ...whole, threads: 1, onStep: () => 'Stop' });
    await expect(wrong.result()).rejects.toThrow(/onStep answered "Stop"/);
  });
});

it('a run ends when its time is over, and has a result', async () => {
  const run = train({
    ...OPTIONS,
    patience: undefined,
    threads: 1,
    epochs: 1_000_000,
    maxSeconds: 0.3,
  });
  const { stopped, metrics } = await run.result();
  expect(stopped).toBe('time');
  expect(metrics.loss).toBeGreaterThan(0);
});

// Threads that rest while others compute: whatever the numbers of those that do, one after the other, and whoever dies
// meanwhile, the bits are those of one thread.
import {
  adam,
  dropout,
  type FitOptions,
  fit,
  linear,
  meanSquaredError,
  relu,
  sequential,
  weightsHash,
} from '@lockstep/core';
import { encodeFlatState, initialState, runConfig, toMetrics } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import { Engine, type EngineOptions, type Fault, ThreadedCompute } from '@lockstep/trainer';
import { afterEach, describe, expect, it } from 'vitest';
import { engineWeightsHash } from '../../apps/worker/src/carry/digests.js';
import { scripted } from '../scripted-choosing.js';

const number = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24 - 0.5;
const data = {
  name: 'points',
  samples: 70,
  inputShape: [6],
  inputs: Float32Array.from({ length: 420 }, (_, i) => number(i)),
  inputDivisor: 1,
  targetShape: [2],
  targets: Float32Array.from({ length: 140 }, (_, i) => number(7 * i + 3)),
  classes: undefined,
};

const options: FitOptions & { readonly data: typeof data } = {
  model: sequential(linear(6, 9), relu(), dropout(0.2), linear(9, 2)),
  data,
  loss: meanSquaredError(),
  // Every barrier of a step is waited at.
  optimizer: adam({ learningRate: 0.02, clipNorm: 1 }),
  batchSize: 16,
  shards: 8,
  epochs: 4,
};
const config = runConfig(options);
const STEPS = 20;
const expected = await weightsHash(fit(options).parameters);

let engine: Engine | undefined;
afterEach(() => engine?.close());

function open(how: Partial<EngineOptions>): Engine {
  engine = new Engine({
    ...{ config, backend: wasm, threads: 3, isAlone: true },
    datasets: { train: data, test: data },
    compute: (setting, place) => new ThreadedCompute(setting, place),
    ...how,
  });
  engine.loadState(
    0,
    encodeFlatState(engine.plan.state, 0, initialState(config.graph, config.seed)),
  );
  return engine;
}

/** Steps one by one, or as many as there are up to an epoch's end. */
async function train(opened: Engine, isByOne: boolean): Promise<void> {
  while (opened.step < STEPS) await opened.trainTo(isByOne ? opened.step + 1 : opened.step + 5);
}

describe('threads that rest in turns', () => {
  it.each([
    [2, [0, 1]],
    [3, [0, 2, 1, 0, 1, 2]],
    [5, [4, 0, 3, 2, 1]],
    [8, [1, 3, 0, 2]],
  ])('of %i, by the script %j: same bits, evaluations too', async (threads, script) => {
    for (const isByOne of [true, false]) {
      const told: number[][] = [];
      const opened = open({
        ...{ threads, choosing: scripted(...script) },
        onThreads: ({ before, threads }) => told.push([before, threads]),
      });
      await train(opened, isByOne);
      expect(engineWeightsHash(opened)).toBe(expected);
      const { test } = await opened.evaluate();
      const alone = fit({ ...options, data: { train: data, test: data } });
      expect(toMetrics(test!, data.samples, []).loss).toBe(alone.epochs.at(-1)!.testLoss);
      // Every second step says that others are to compute.
      if (isByOne) expect(told).toHaveLength(STEPS / 2);
      expect(told.every(([before, now]) => before !== now)).toBe(true);
      await opened.close();
    }
  });

  it('without choosing, all compute in all steps', async () => {
    const opened = open({ profiles: true });
    await train(opened, false);
    const profiles = await opened.close();
    const calls = profiles.map(
      ({ entries }) => entries.find(({ name }) => name === 'shards')!.calls,
    );
    expect(calls).toEqual([STEPS, STEPS, STEPS]);
  });

  it('show in a profile as such', async () => {
    const opened = open({ profiles: true, choosing: scripted(2) });
    // By all threads: then each has begun, and is not still starting when the last step is taken.
    await opened.evaluate();
    await train(opened, true);
    const profiles = await opened.close();
    const names = profiles.map(({ entries }) => entries.map(({ name }) => name));
    expect(names.map((stages) => stages.includes('shards'))).toEqual([true, false, false]);
    expect(names.map((stages) => stages.includes('rest'))).toEqual([false, true, true]);
  });

  it('end at once when the run is closed', async () => {
    const opened = open({ choosing: scripted(2) });
    await opened.trainTo(5);
    await opened.close();
  });
});

describe('a thread dies', () => {
  const fault = (thread: number, step: number, when: Fault['when']): Fault => ({
    ...{ thread, step, when },
    how: step % 2 === 0 ? 'throw' : 'exit',
  });

  // By one: two steps of three threads, two of one, two of two, and so on.
  it.each([
    ['as it goes to rest', [fault(2, 2, 'rest')]],
    ['while others rest', [fault(0, 3, 'commit')]],
    ['when it computes again after a rest', [fault(1, 4, 'compute')]],
    ['both', [fault(1, 2, 'rest'), fault(2, 2, 'rest'), fault(0, 8, 'reduce')]],
  ])('%s: it is told and replaced, same bits', async (_, faults) => {
    const lost: number[] = [];
    const opened = open({
      ...{ faults, choosing: scripted(0, 2, 1) },
      onLost: ({ thread }) => lost.push(thread),
    });
    await train(opened, true);
    expect(engineWeightsHash(opened)).toBe(expected);
    expect(lost.sort()).toEqual(faults.map(({ thread }) => thread).sort());
  });

  it('in an evaluation that it was woken for: same metrics, same bits', async () => {
    const faults = [fault(0, 3, 'evaluate'), fault(1, 3, 'evaluate')];
    const calm = open({ choosing: scripted(2) });
    await calm.trainTo(3);
    const metrics = await calm.evaluate();
    await calm.close();
    const opened = open({ faults, choosing: scripted(2) });
    await opened.trainTo(3);
    expect(await opened.evaluate()).toEqual(metrics);
    await train(opened, true);
    expect(engineWeightsHash(opened)).toBe(expected);
  });
});

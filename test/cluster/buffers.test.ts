// What models have besides layers in a row, on a cluster: state that gradients do not touch, with an optimizer of one's own
// that has state, too; several inputs and outputs. The bytes of one thread in every topology, through the loss of a worker
// and of the coordinator.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinatorOptions, coordinate, resumeCoordinated } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  flatten,
  linear,
  meanSquaredError,
  relu,
  sequential,
  weighted,
} from '@lockstep/core';
import { type ClusterEvent, type NewRunOptions, train } from '@lockstep/trainer';
import { type WorkOptions, work } from '@lockstep/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { animalData, animalModel } from '../bits/animals.js';
import { runningMean } from '../bits/running-mean.js';
import { digits } from '../bits/runs.js';
import { ownOptimizer } from '../golden/own-optimizers.js';
import { some } from '../long.js';

const RUN: NewRunOptions = {
  model: sequential(
    flatten(),
    runningMean(784),
    linear(784, 16),
    relu(),
    runningMean(16),
    linear(16, 10),
  ),
  data: await digits(200, 60),
  loss: crossEntropy(),
  optimizer: ownOptimizer(adam()),
  batchSize: 32,
  shards: 8,
  epochs: 4,
};
const NAMED: NewRunOptions = {
  model: animalModel,
  data: { train: animalData(70), test: animalData(30, 70) },
  loss: { species: crossEntropy(), age: weighted(meanSquaredError(), 0.1) },
  optimizer: adam(),
  batchSize: 16,
  shards: 4,
  epochs: 2,
};
const NETWORK: CoordinatorOptions = { port: 0, token: 'only these tests know it' };

const oneThread = await train({ ...RUN, threads: 1 }).result();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-buffers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const worker = (name: string, options: WorkOptions = {}): WorkOptions => ({
  ...{ name, token: NETWORK.token, cacheDir: join(folder, 'cache'), threads: 1 },
  ...options,
});

async function follow(
  run: AsyncIterable<ClusterEvent>,
  onEvent: (event: ClusterEvent) => void,
): Promise<void> {
  for await (const event of run) onEvent(event);
}

describe.each([
  ['buffers', RUN],
  ['several inputs and outputs', NAMED],
])('a model with %s has the bytes of one thread', (_, options) => {
  it.each(some(1, ['mesh', 'star'] as const))('on three workers in a %s', async (topology) => {
    const run = coordinate({ ...options, ...NETWORK, minWorkers: 3, topology });
    const working: Promise<unknown>[] = [];
    await follow(run, (event) => {
      if (event.event !== 'listening') return;
      for (const [rank, threads] of [1, 2, 1].entries()) {
        working.push(work(event.url, worker(`w${rank}`, { threads })).result());
      }
    });
    expect(await run.result()).toEqual(await train({ ...options, threads: 1 }).result());
    await Promise.all(working);
  });
});

describe('a model with buffers has the bytes of one thread', () => {
  it('when a worker is lost, the coordinator stops, and another goes on from its checkpoint', async () => {
    const out = join(folder, 'run');
    const stop = new AbortController();
    const first = coordinate({ ...RUN, ...NETWORK, out, minWorkers: 2, signal: stop.signal });
    const lost = new AbortController();
    const working: Promise<unknown>[] = [];
    const join2 = (url: string): void => {
      working.push(
        work(url, worker('leaver', { signal: lost.signal })).result(),
        work(url, worker('stayer'))
          .result()
          .catch(() => {}),
      );
    };
    const followed = follow(first, (event) => {
      if (event.event === 'listening') join2(event.url);
      if (event.event === 'epoch-end' && event.epoch === 1) lost.abort();
      if (event.event === 'epoch-end' && event.epoch === 2) stop.abort();
    });
    await followed;
    expect((await first.result()).stopped).toBe('asked');
    const { run } = await resumeCoordinated({ out, data: RUN.data, ...NETWORK });
    await follow(run, (event) => {
      if (event.event === 'listening')
        working.push(work(event.url, worker('late', { threads: 2 })).result());
    });
    expect(await run.result()).toEqual(oneThread);
  });
});

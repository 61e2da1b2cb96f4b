// What can be seen of a run on threads, and asked of it, while it goes on: none of it changes a bit.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, linear, relu, sequential, sgd } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { type TrainOptions, train } from '@lockstep/trainer';
import { afterEach, describe, expect, it } from 'vitest';

const SAMPLES = 64;
const inputs = Array.from({ length: SAMPLES }, (_, i) => [
  (i % 7) / 7,
  (i % 5) / 5,
  (i % 3) / 3,
  i / SAMPLES,
]);
const labels = inputs.map(([a, b]) => (a! > b! ? 1 : 0));
const data = fromArrays({ inputs, labels, classes: 2 });

const RUN: TrainOptions = {
  model: sequential(linear(4, 8), relu(), linear(8, 2)),
  ...{ data, loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }) },
  ...{ batchSize: 32, shards: 4, epochs: 3, threads: 2 },
};

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** What each step's weights and gradients are, as far as the views of it tell. */
async function watched(options: Partial<TrainOptions> = {}) {
  const run = train({ ...RUN, ...options, onStep: () => void views.push(run.view()) });
  const views: ReturnType<typeof run.view>[] = [];
  const result = await run.result();
  return { result, run, views: (await Promise.all(views)).map((view) => view!) };
}

describe('a view of a run', () => {
  it('is there for every step that is waited at, and changes no bit', async () => {
    const undisturbed = await train(RUN).result();
    const { result, views } = await watched();
    expect(views.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.weightsHash).toBe(undisturbed.weightsHash);
    expect(views.at(-1)!.trained.parameters).toEqual(result.parameters);
  });

  it('has the mean gradient by which the optimizer went from one view to the next', async () => {
    const { views } = await watched({ optimizer: sgd({ learningRate: 0.5 }) });
    for (const [i, { trained, gradients }] of views.entries()) {
      const before = views[i - 1]?.trained.parameters;
      if (!before) continue;
      for (const [name, { data: now }] of trained.parameters) {
        const { data: gradient } = gradients!.get(name)!;
        const last = before.get(name)!.data;
        now.forEach((value, at) => {
          expect(value).toBeCloseTo(last[at]! - 0.5 * gradient[at]!, 6);
        });
      }
    }
  });

  it.each([
    ['weights of classes', { loss: crossEntropy({ classWeights: [1, 3] }) }],
    ['clipping by value', { optimizer: sgd({ learningRate: 0.5, clipValue: 0.01 }) }],
    ['clipping by norm', { optimizer: sgd({ learningRate: 0.5, clipNorm: 0.05 }) }],
  ])('has the gradient with %s as the optimizer took it', async (_, options) => {
    const { views } = await watched({ optimizer: sgd({ learningRate: 0.5 }), ...options });
    const [before, after] = views;
    for (const [name, { data: gradient }] of after!.gradients!) {
      const last = before!.trained.parameters.get(name)!.data;
      const now = after!.trained.parameters.get(name)!.data;
      gradient.forEach((value, at) => {
        expect(now[at]).toBeCloseTo(last[at]! - 0.5 * value, 6);
      });
    }
  });

  it('shows the same gradient whatever number of threads computes it', async () => {
    const [one, two, three] = await Promise.all([1, 2, 4].map((threads) => watched({ threads })));
    expect(two!.views.map(({ gradients }) => gradients)).toEqual(
      one!.views.map(({ gradients }) => gradients),
    );
    expect(three!.views.map(({ gradients }) => gradients)).toEqual(
      one!.views.map(({ gradients }) => gradients),
    );
  });

  it('can be had while steps are taken without a stop, and after the end', async () => {
    const run = train({ ...RUN, epochs: 400 });
    expect(await run.view()).toBeUndefined();
    const seen: number[] = [];
    const look = async (): Promise<void> => {
      for (;;) {
        const view = await run.view();
        if (view && view.step > 0) seen.push(view.step);
        if (seen.at(-1) === 800) return;
        await new Promise(setImmediate);
      }
    };
    const [result] = await Promise.all([run.result(), look()]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(result.weightsHash).toBe((await train({ ...RUN, epochs: 400 }).result()).weightsHash);
  });

  it('of a run that has not begun is none; of one with no step has no gradient', async () => {
    const run = train({ ...RUN, epochs: 0 });
    expect(await run.view()).toBeUndefined();
    await run.result();
    expect(await run.view()).toMatchObject({ step: 0, gradients: undefined });
  });
});

describe('a checkpoint that is asked for', () => {
  async function out(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'view-'));
    folders.push(folder);
    return join(folder, 'run');
  }

  it('is saved and told of while the run goes on to the same end', async () => {
    const folder = await out();
    let path: string | null = null;
    const run = train({
      ...{ ...RUN, out: folder, checkpointEvery: 1000 },
      onStep: async ({ step }) => {
        if (step === 3) path = await run.checkpoint();
      },
    });
    const told: number[] = [];
    for await (const event of run) if (event.event === 'checkpoint') told.push(event.step);
    expect(path).toMatch(/step-0+3\.safetensors$/);
    expect(told).toEqual([0, 3, 6]);
    expect(await readdir(join(folder, 'checkpoints'))).toHaveLength(2);
    const { weightsHash } = await run.result();
    expect(weightsHash).toBe((await train(RUN).result()).weightsHash);
  });

  it('of a step that is saved already is that one', async () => {
    const run = train({ ...RUN, out: await out() });
    const paths: unknown[] = [];
    for await (const event of run) {
      if (event.event === 'checkpoint') paths.push(event.path, await run.checkpoint());
    }
    expect(paths).toHaveLength(8);
    for (let i = 0; i < paths.length; i += 2) expect(paths[i]).toBe(paths[i + 1]);
  });

  it('comes to nothing without a folder, and is refused before the run begins', async () => {
    const run = train(RUN);
    await expect(run.checkpoint()).rejects.toThrow('the run has not begun');
    for await (const event of run) {
      if (event.event === 'epoch-end') expect(await run.checkpoint()).toBeNull();
    }
  });
});

describe('lanes', () => {
  it('tell what the time of every thread went to', async () => {
    const run = train({ ...RUN, epochs: 50, lanes: true });
    await run.result();
    expect(run.lanes.map(({ thread }) => thread)).toEqual([0, 1]);
    for (const { computing, waiting, resting } of run.lanes) {
      expect(computing).toBeGreaterThan(0);
      expect(waiting).toBeGreaterThan(0);
      expect(resting).toBe(0);
    }
  });

  it('are kept only if they are asked for', async () => {
    const run = train(RUN);
    await run.result();
    expect(run.lanes).toEqual([]);
  });
});

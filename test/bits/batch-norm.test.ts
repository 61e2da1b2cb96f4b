// A network whose samples meet within their shards: batch normalisation has the same bytes on any number of threads and machines,
// also where shards are short, of one sample, or empty, and evaluates, resumes, starts again and is exported with what it has seen.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  batchNorm1d,
  batchNorm2d,
  crossEntropy,
  evaluate,
  exportOnnx,
  fit,
  flatten,
  inspect,
  linear,
  maxPool2d,
  relu,
  sequential,
  sgd,
  startFrom,
} from '@lockstep/core';
import { resume, type TrainOptions, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { describe, expect, it } from 'vitest';
import { some } from '../long.js';
import { digits } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

// 100 = 3·32 + 4: the last batch has fewer samples than shards, so that half of them are empty and the others of one sample.
const data = await digits(100, 60);
const model = sequential(
  maxPool2d(4),
  batchNorm2d(1),
  flatten(),
  linear(49, 12),
  batchNorm1d(12),
  relu(),
  linear(12, 10),
);
const options: TrainOptions = {
  model,
  data,
  loss: crossEntropy(),
  optimizer: sgd({ learningRate: 0.1 }),
  batchSize: 32,
  shards: 8,
  epochs: 2,
  seed: 3,
};
const expected = fit({ ...options, model, data });
const all = new Map([...expected.parameters, ...expected.buffers]);

function expectSame(result: Pick<typeof expected, 'parameters' | 'buffers' | 'metrics'>): void {
  expect(result.parameters).toEqual(expected.parameters);
  expect(result.buffers).toEqual(expected.buffers);
  expect(result.metrics).toEqual(expected.metrics);
}

describe('batch normalisation', () => {
  it('has learnt, and its statistics are those of what it saw', () => {
    expect([...expected.buffers.keys()]).toEqual(
      ['1', '4'].flatMap((layer) =>
        ['running_mean', 'running_var', 'num_batches_tracked'].map((name) => `${layer}.${name}`),
      ),
    );
    expect(expected.buffers.get('1.num_batches_tracked')!.data).toEqual(Float32Array.of(8));
    for (const { data } of all.values()) expect(data.every(Number.isFinite)).toBe(true);
    const [mean] = expected.buffers.get('1.running_mean')!.data;
    expect(mean).toBeGreaterThan(0.05);
    expect(expected.epochs[1]!.trainLoss).toBeLessThan(expected.epochs[0]!.trainLoss);
  });

  it.each(some(2, [3, 1, 2, 5]))('has the same bytes on %i threads', async (threads) => {
    const run = train({ ...options, threads });
    expectSame(await run.result());
  });

  it.each(['star', 'mesh'] as const)('has them on two workers in a %s', async (topology) => {
    const cacheDir = await temporaryFolder();
    const token = 'only this test knows it';
    const run = coordinate({ ...options, port: 0, token, minWorkers: 2, topology });
    const working: Promise<unknown>[] = [];
    for await (const event of run) {
      if (event.event !== 'listening') continue;
      for (const [rank, threads] of [1, 2].entries()) {
        const worker = work(event.url, { name: `w${rank}`, token, cacheDir, threads });
        working.push(worker.result());
      }
    }
    expectSame(await run.result());
    await Promise.all(working);
    rmSync(cacheDir, { recursive: true, force: true });
  });

  it('has them when it was interrupted in the middle of an epoch', async () => {
    const out = join(await temporaryFolder(), 'run');
    const abort = new AbortController();
    const first = train({ ...options, threads: 2, out, checkpointEvery: 3, signal: abort.signal });
    for await (const event of first) if (event.event === 'checkpoint') abort.abort();
    expect((await first.result()).stopped).toBe('asked');
    const { run } = await resume({ out, data, threads: 1 });
    for await (const _ of run);
    expectSame(await run.result());
  });

  it('means another network for another number of shards, which is part of the run', () => {
    const other = fit({ ...options, model, data, shards: 4 });
    expect(other.parameters).not.toEqual(expected.parameters);
  });

  it('is evaluated sample by sample with its running statistics, whatever stands beside', () => {
    const { metrics } = evaluate({ model, parameters: all, data: data.test, loss: crossEntropy() });
    expect(metrics).toEqual(expected.metrics);
    const { trained } = expected;
    const inputs = Float32Array.from(data.test.inputs.subarray(0, 3 * 784));
    const together = trained.predict(inputs) as Float32Array;
    const alone = [0, 1, 2].flatMap((i) => [
      ...(trained.predict(inputs.subarray(784 * i, 784 * (i + 1))) as Float32Array),
    ]);
    expect(alone).toEqual([...together]);
    expect(exportOnnx(trained).length).toBeGreaterThan(1000);
  });

  it('is shown by inspect in both ways', () => {
    const inputs = Float32Array.from(data.test.inputs.subarray(0, 5 * 784));
    const targets = data.test.targets.slice(0, 5) as Int32Array;
    const asked = { model, parameters: all, inputs, inputShape: [1, 28, 28], inputDivisor: 255 };
    const answers = [true, false].map((training) => {
      const { output, gradients } = inspect({ ...asked, loss: crossEntropy(), targets, training });
      expect(Object.keys(gradients)).toContain('4.weight');
      return [...output.data];
    });
    const told = expected.trained.predict(inputs) as Float32Array;
    // Sums in another order.
    for (const [i, value] of told.entries()) expect(answers[1]![i]).toBeCloseTo(value, 4);
    expect(answers[0]).not.toEqual(answers[1]);
  });

  it('starts from statistics that are given, and moves them on while its parameters are frozen', () => {
    const given = startFrom(Object.fromEntries(all));
    const more = fit({ ...options, model, data, parameters: given, epochs: 1 });
    expect(more.buffers.get('1.num_batches_tracked')!.data).toEqual(Float32Array.of(12));
    const frozen = fit({
      ...{ ...options, model, data, parameters: all, epochs: 1 },
      trainable: (name) => !name.startsWith('4.'),
    });
    expect(frozen.parameters.get('4.weight')).toEqual(expected.parameters.get('4.weight'));
    expect(frozen.buffers.get('4.running_mean')).not.toEqual(
      expected.buffers.get('4.running_mean'),
    );
  });
});

describe('shards of one sample', () => {
  it('leave every value at the bias, with a variance of 0, and pass no gradient through', () => {
    const one = fit({
      ...{ model: sequential(flatten(), linear(784, 4), batchNorm1d(4), linear(4, 10)), data },
      ...{ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }) },
      ...{ batchSize: 4, shards: 4, epochs: 1, seed: 1 },
    });
    for (const { data } of one.parameters.values()) expect(data.every(Number.isFinite)).toBe(true);
    // 25 steps of momentum 0.1 towards variances of 0.
    expect(one.buffers.get('2.running_var')!.data[0]).toBeCloseTo(0.9 ** 25, 5);
    expect(one.parameters.get('2.weight')!.data).toEqual(new Float32Array(4).fill(1));
  });
});

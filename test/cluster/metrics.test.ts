// What a new metric takes: the object below, and nothing in any package. It is told with the same bytes by one thread, by
// several and by workers that know its tensors only, for every dataset of the run; and again after a resume.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate, resumeCoordinated } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  dropout,
  fit,
  flatten,
  linear,
  max,
  metric,
  mul,
  type NumberSource,
  oneHot,
  relu,
  sequential,
  softmax,
  sub,
  sum,
} from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import {
  type ClusterEvent,
  evaluate,
  loadRunWeights,
  type NewRunOptions,
  resume,
  train,
} from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, expect, it } from 'vitest';
import { some } from '../long.js';

const mnist = await loadMnist({ name: 'mnist', offline: true });
const data = {
  train: firstSamples(mnist.train, 320),
  // Three chunks and a bit, two and one: chunks of several datasets are dealt together.
  test: firstSamples(mnist.test, 400),
  validation: firstSamples(mnist.test, 200),
  'small-part': firstSamples(mnist.test, 70),
};

/** How sure the network is of each class where it is that class, and how sure of whatever it says. */
const confidence = metric('confidence', {
  build(output, target, { classes }) {
    const probability = softmax(output);
    return {
      'of-class': mul(probability, oneHot(target, classes!)),
      said: max(probability, { axes: 1 }),
      squares: sum(mul(sub(probability, 0.5), sub(probability, 0.5)), { axes: 1 }),
    };
  },
  finish: ({ 'of-class': each, said, squares }, samples) => ({
    classes: each!.map((one) => one / samples),
    said: said![0]! / samples,
    spread: Math.sqrt(squares![0]! / samples),
  }),
});
const NAMES = ['confusion-matrix', 'f1', 'f1-per-class', 'top-3-accuracy', 'log-loss'] as const;

const WEIGHTS = Array.from({ length: 10 }, (_, label) => (label + 1) / 4);

const RUN: NewRunOptions = {
  model: sequential(flatten(), linear(784, 16), relu(), dropout(0.25), linear(16, 10)),
  data,
  // What a mean is over is a sum itself, and tiles are updated in pieces.
  loss: crossEntropy({ labelSmoothing: 0.1, classWeights: WEIGHTS }),
  metrics: [confidence, ...NAMES],
  optimizer: adam({ learningRate: 0.01 }),
  trainable: (name) => name !== '1.bias',
  groups: [{ match: ['4.weight'], learningRateFactor: 0.5, weightDecay: 0.01 }],
  batchSize: 64,
  shards: 8,
  epochs: 2,
};
const NETWORK = { port: 0, token: 'only these tests know it' } as const;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** As `fit` tells it, which is JSON: what is compared is every bit. */
const { epochs: right } = fit({ ...RUN, model: RUN.model as Parameters<typeof fit>[0]['model'] });
const last = right.at(-1)!.metrics;

function epochsOf(told: readonly ClusterEvent[]) {
  return told.flatMap((event) => (event.event === 'epoch-end' ? [event.metrics] : []));
}

async function follow(
  run: AsyncIterable<ClusterEvent>,
  onListening?: (url: string) => void,
): Promise<ClusterEvent[]> {
  const told: ClusterEvent[] = [];
  for await (const event of run) {
    told.push(event);
    if (event.event === 'listening') onListening?.(event.url);
  }
  return told;
}

/** Workers over sockets, so that a mesh is possible; they fetch the data. */
async function onCluster(run: AsyncIterable<ClusterEvent>, threads: readonly number[]) {
  const working: Promise<unknown>[] = [];
  const told = await follow(run, (url) => {
    for (const [i, count] of threads.entries()) {
      const options = { token: NETWORK.token, cacheDir: join(folder, 'cache'), name: `w${i}` };
      working.push(work(url, { ...options, threads: count }).result());
    }
  });
  await Promise.all(working);
  return told;
}

it('is there by name for each dataset that is evaluated, beside the built-in ones', () => {
  const names = ['loss', 'accuracy', 'confidence', ...NAMES];
  const expected = ['', 'validation.', 'small-part.'].flatMap((of) =>
    names.map((name) => of + name),
  );
  expect(Object.keys(last)).toEqual(expected);
  const matrix = last['validation.confusion-matrix'] as number[][];
  expect(matrix.flat().reduce((a, b) => a + b)).toBe(200);
  const right = matrix.reduce((count, row, i) => count + row[i]!, 0);
  expect(right / 200).toBe(last['validation.accuracy']);
  const { said } = last.confidence as unknown as { said: number };
  expect(said).toBeGreaterThan(0.1);
});

it.each([1, 2, 3])('has the same bytes on %i threads', async (threads) => {
  const run = train({ ...RUN, threads });
  expect(epochsOf(await follow(run))).toEqual(right.map(({ metrics }) => metrics));
  expect(await run.result()).toMatchObject({ metrics: last, testLoss: last.loss });
});

it.each(some(1, ['mesh', 'star'] as const))(
  'has the same bytes on a %s of three workers',
  async (topology) => {
    const run = coordinate({ ...RUN, ...NETWORK, topology, minWorkers: 3 });
    const told = await onCluster(run, [1, 2, 1]);
    expect(epochsOf(told)).toEqual(right.map(({ metrics }) => metrics));
    expect((await run.result()).metrics).toEqual(last);
  },
);

it('is given again by whoever resumes a run; without it that is refused, and so is another', async () => {
  const out = join(folder, 'run');
  const abort = new AbortController();
  const run = train({ ...RUN, threads: 2, out, signal: abort.signal });
  for await (const { event } of run) if (event === 'epoch-end') abort.abort();
  await expect(resume({ out, data })).rejects.toThrow(
    "resume: the run has the metric confidence, which is nobody's here; give it in metrics",
  );
  const another = metric('another', confidence);
  await expect(resume({ out, data, metrics: [confidence, another] })).rejects.toThrow(
    'resume: the run has no metric another, and cannot get one; it has accuracy, confidence',
  );
  const resumed = await resume({ out, data, metrics: [confidence], threads: 1 });
  expect((await resumed.run.result()).metrics).toEqual(last);
  const { graph, parameters } = await loadRunWeights(out);
  const about = { model: graph, parameters, data: data.validation, threads: 2 };
  const told = await evaluate({ ...about, metrics: [confidence] });
  expect(told.metrics.confidence).toEqual(last['validation.confidence']);
  expect(told.metrics['confusion-matrix']).toEqual(last['validation.confusion-matrix']);
  // Whoever has not got it is told the others.
  const without = await evaluate({ ...about, metrics: ['recall'] });
  expect(Object.keys(without.metrics)).toEqual(['loss', 'accuracy', ...NAMES, 'recall']);
});

it('has the same bytes after a coordinator was stopped and another went on', async () => {
  const out = join(folder, 'coordinated');
  const abort = new AbortController();
  const first = coordinate({ ...RUN, ...NETWORK, out, signal: abort.signal });
  const leaving: Promise<unknown>[] = [];
  for await (const event of first) {
    if (event.event === 'listening') {
      const options = { token: NETWORK.token, cacheDir: join(folder, 'cache'), threads: 1 };
      leaving.push(
        work(event.url, { ...options, giveUpAfterMs: 0 })
          .result()
          .catch(() => {}),
      );
    }
    if (event.event === 'epoch-end') abort.abort();
  }
  await Promise.all(leaving);
  const again = { out, data, ...NETWORK };
  await expect(resumeCoordinated(again)).rejects.toThrow('the run has the metric confidence');
  const { run } = await resumeCoordinated({ ...again, metrics: [confidence] });
  await onCluster(run, [2]);
  expect((await run.result()).metrics).toEqual(last);
});

it('takes no more sums of an evaluation than a worker may hand in', () => {
  const samples = 20_000;
  const inputs: NumberSource = new Float32Array(samples);
  const targets = Int32Array.from({ length: samples }, (_, i) => i % 200);
  const shape = { inputShape: [1], inputDivisor: 1, targetShape: [], classes: 200 };
  const many = { name: 'many', samples, ...shape, inputs, targets };
  const options = {
    ...{ model: linear(1, 200), loss: crossEntropy(), optimizer: adam() },
    ...{ data: { train: many, test: many }, metrics: ['confusion-matrix'] },
  };
  expect(() => coordinate({ ...options, ...NETWORK })).toThrow(
    /an evaluation comes to \d+ bytes of sums, a worker hands in at most 4194304/,
  );
});

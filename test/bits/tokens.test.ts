// A language model of tokens, and labels by position: threads and a cluster give the bits of one thread, whatever arrays the
// tokens lie in; and the gradient of an embedding has its bits where it is added row by row.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  decodeModel,
  embedding,
  encodeModel,
  evaluate,
  fit,
  linear,
  sequential,
  traceModel,
  weightsHash,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, expect, it } from 'vitest';

const [VOCABULARY, LENGTH, SAMPLES] = [7, 5, 48];
const rows = Array.from({ length: SAMPLES }, (_, i) =>
  Array.from({ length: LENGTH }, (_, t) => (3 * i + 2 * t) % VOCABULARY),
);
/** The next token, but for some positions that do not count. */
const labels = rows.map((row, i) =>
  row.map((token, t) => ((i + t) % 4 === 0 ? -100 : (token + 2) % VOCABULARY)),
);
const dataOf = (inputs: number[][] | Uint8Array | Int32Array) =>
  fromArrays({
    ...{ inputs, inputShape: [LENGTH], vocabulary: VOCABULARY, labels, classes: VOCABULARY },
  });
const data = dataOf(rows);
const RUN = {
  model: sequential(embedding(VOCABULARY, 6), linear(6, VOCABULARY)),
  loss: crossEntropy({ labelSmoothing: 0.01 }),
  optimizer: adam({ learningRate: 0.05 }),
  ...{ batchSize: 16, shards: 4, epochs: 8 },
};
const alone = fit({ ...RUN, data: { train: data, test: data } });
const hash = await weightsHash(alone.parameters);
const folder = mkdtempSync(join(tmpdir(), 'lockstep-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('learns the next token, which positions that do not count have no part in', () => {
  const { metrics } = alone.trained.evaluate(data, { metrics: ['perplexity'] });
  expect(metrics.accuracy).toBe(1);
  expect(metrics.perplexity).toBeLessThan(1.2);
  expect(metrics.loss).toBeLessThan(0.2);
});

it('has the same bits of lists, of bytes and of int32', async () => {
  for (const inputs of [Uint8Array.from(rows.flat()), Int32Array.from(rows.flat())]) {
    const { parameters, trained } = fit({ ...RUN, data: dataOf(inputs) });
    expect(await weightsHash(parameters)).toBe(hash);
    expect(trained.predict(rows)).toEqual(alone.trained.predict(data));
  }
});

it('has the same bits on two threads, and on a cluster of two', async () => {
  const options = { ...RUN, data: { train: data, test: data } };
  const threads = await train({ ...options, threads: 2, out: join(folder, 'threads') }).result();
  expect(threads.weightsHash).toBe(hash);
  const run = coordinate({
    ...options,
    ...{ port: 0, token: 'only this test knows it', topology: 'star', minWorkers: 2 },
  });
  const working: Promise<unknown>[] = [];
  for await (const event of run) {
    if (event.event !== 'listening') continue;
    for (const name of ['a', 'b']) {
      working.push(
        work(async () => run.connect(), {
          ...{ name, cacheDir: join(folder, name), threads: 1 },
        }).result(),
      );
    }
  }
  await Promise.all(working);
  expect((await run.result()).weightsHash).toBe(hash);
});

it('is kept in a file with its vocabulary', () => {
  const kept = decodeModel(encodeModel(alone.trained));
  expect(kept.traits).toMatchObject({ vocabulary: VOCABULARY, targetShape: [LENGTH] });
  expect(kept.predict(rows[0]!)).toEqual(alone.trained.predict(rows[0]!));
  expect(() => kept.predict([0, 1, 2, 3, VOCABULARY])).toThrow(
    'token 4 of sample 0 is 7; expected a whole number from 0 to 6',
  );
  expect(() => kept.classify(rows[0]!)).toThrow('classifyPositions tells of each');
  const [first, second] = kept.classifyPositions(rows.slice(0, 2));
  expect(kept.classifyPositions(rows[0]!)).toEqual(first);
  const scores = kept.predict(rows[1]!);
  expect(second).toHaveLength(LENGTH);
  for (const [at, { index, label, probabilities }] of second!.entries()) {
    const its = scores.subarray(at * VOCABULARY, (at + 1) * VOCABULARY);
    expect(index).toBe(its.indexOf(Math.max(...its)));
    expect(label).toBe(String(index));
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  }
});

it('refuses data that is no such tokens', () => {
  const { parameters } = alone;
  const numbers = fromArrays({ inputs: rows, labels, classes: VOCABULARY });
  const graph = traceModel(RUN.model, [LENGTH], { vocabulary: VOCABULARY });
  const { loss } = RUN;
  expect(() => evaluate({ model: graph, parameters, loss, data: numbers })).toThrow(
    'the model takes tokens of a vocabulary of 7, the data has numbers',
  );
  expect(() => fit({ ...RUN, data: numbers })).toThrow('expected tokens');
  expect(() => dataOf([[0, 1, 2, 3, 7]])).toThrow('token 4 of sample 0 is 7');
  expect(() => fit({ ...RUN, data: { ...data, vocabulary: 99 } })).toThrow(
    'the data has a vocabulary of 99, the layer was built for 7',
  );
});

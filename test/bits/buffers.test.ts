// A model with state that gradients do not touch, and an optimizer of one's own with state of its own: their bytes, and
// those of the weights that learn beside them, are the same for any number of threads, through deaths, interruptions and
// files.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adam,
  crossEntropy,
  evaluate,
  fit,
  flatten,
  linear,
  type Parameters,
  predict,
  relu,
  sequential,
  weightsHash,
} from '@lockstep/core';
import { decodeSafetensors } from '@lockstep/formats';
import {
  CheckpointStore,
  evaluate as evaluateOnThreads,
  loadRunWeights,
  loadWeights,
  resume,
  type TrainEvent,
  type TrainOptions,
  train,
} from '@lockstep/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownOptimizer } from '../golden/own-optimizers.js';
import { some } from '../long.js';
import { runningMean } from './running-mean.js';
import { digits } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

// 200 = 6·32 + 8: 7 steps an epoch, the last one short.
const data = await digits(200, 150);
const model = sequential(
  flatten(),
  runningMean(784),
  linear(784, 20),
  relu(),
  runningMean(20),
  linear(20, 10),
);
const NAMES = [
  '1.running_mean',
  '1.num_batches_tracked',
  '4.running_mean',
  '4.num_batches_tracked',
];
const options: TrainOptions = {
  model,
  data,
  loss: crossEntropy(),
  optimizer: ownOptimizer(adam({ learningRate: 0.003, clipNorm: 1 })),
  batchSize: 32,
  shards: 8,
  epochs: 3,
  seed: 5,
};
const expected = fit({ ...options, model, data });
let hash: string;

beforeAll(async () => {
  hash = await weightsHash(expected.parameters);
});

function both({
  parameters,
  buffers,
}: {
  parameters: Parameters;
  buffers: Parameters;
}): Parameters {
  return new Map([...parameters, ...buffers]);
}

async function expectSame(result: {
  parameters: Parameters;
  buffers: Parameters;
  weightsHash: string;
}): Promise<void> {
  expect(result.weightsHash).toBe(hash);
  expect(result.buffers).toEqual(expected.buffers);
  expect(result.parameters).toEqual(expected.parameters);
}

describe('a model with buffers', () => {
  it('has moved them, and counts them among its parameters nowhere', async () => {
    expect([...expected.buffers.keys()]).toEqual(NAMES);
    expect(expected.buffers.get('1.num_batches_tracked')!.data).toEqual(Float32Array.of(21));
    expect(expected.buffers.get('1.running_mean')!.data.some((mean) => mean > 0.1)).toBe(true);
    expect([...expected.parameters.keys()]).toEqual(['2.weight', '2.bias', '5.weight', '5.bias']);
    const [start] = await eventsOf(train({ ...options, threads: 1 }));
    expect(start).toMatchObject({ event: 'run-start', parameters: 785 * 20 + 21 * 10 });
  });

  it.each(some(2, [3, 1, 2, 5]))('has the same bytes on %i threads', async (threads) => {
    const run = train({ ...options, threads });
    const epochs = (await eventsOf(run)).filter(({ event }) => event === 'epoch-end');
    expect(epochs).toMatchObject(expected.epochs);
    await expectSame(await run.result());
  });

  it.each(['compute', 'reduce', 'commit'] as const)(
    'has them when threads die in phase %s',
    async (when) => {
      const faults = [0, 1].map((thread) => ({
        thread,
        step: 4 + 5 * thread,
        when,
        how: 'throw' as const,
      }));
      await expectSame(await train({ ...options, threads: 2, faults }).result());
    },
  );

  it('has them when it was interrupted, and goes on from a checkpoint that holds them', async () => {
    const out = join(await temporaryFolder(), 'run');
    const abort = new AbortController();
    const first = train({ ...options, threads: 3, out, checkpointEvery: 5, signal: abort.signal });
    const told = await eventsOf(first, (event) => {
      if (event.event === 'checkpoint' && event.step === 10) abort.abort();
    });
    expect(told.at(-1)).toMatchObject({ event: 'run-end', stopped: 'asked' });
    const newest = (await new CheckpointStore(join(out, 'checkpoints')).latest())!.checkpoint;
    expect(newest.step).toBe(10);
    for (const name of NAMES) expect([...newest.tensors.keys()]).toContain(name);
    expect(newest.tensors.get(NAMES[1]!)!.data).toEqual(Float32Array.of(10));
    const held = await loadRunWeights(out);
    expect(held.parameters.get(NAMES[1]!)!.data).toEqual(Float32Array.of(10));
    const { run } = await resume({ out, data, threads: 2 });
    await eventsOf(run);
    await expectSame(await run.result());
    await expectWritten(out);
  });

  async function expectWritten(out: string): Promise<void> {
    const file = join(out, 'weights.safetensors');
    const { tensors } = decodeSafetensors(await readFile(file));
    expect([...tensors.keys()].sort()).toEqual([...both(expected).keys()].sort());
    const { parameters } = await loadWeights(file);
    expect(parameters).toEqual(both(expected));
    const { weightsHash: found, graph } = await loadRunWeights(out);
    expect(found).toBe(hash);
    const asked = { parameters, data: data.test, loss: crossEntropy() };
    expect(evaluate({ ...asked, model }).metrics).toEqual(expected.metrics);
    const { loss: _, ...unnamed } = asked;
    const onThreads = await evaluateOnThreads({ ...unnamed, model: graph });
    expect(onThreads.metrics).toEqual(expected.metrics);
  }

  it('is asked with its buffers, goes on with them, and says which is missing', () => {
    const ask = { model, inputs: data.test.inputs, inputShape: [1, 28, 28], inputDivisor: 255 };
    const answers = predict({ ...ask, parameters: both(expected) });
    const unmoved = both({
      ...expected,
      buffers: new Map(
        [...expected.buffers].map(([name, { shape, data }]) => [
          name,
          { shape, data: data.map(() => 0) },
        ]),
      ),
    });
    expect(predict({ ...ask, parameters: unmoved })).not.toEqual(answers);
    expect(() => predict({ ...ask, parameters: expected.parameters })).toThrow(
      'buffers: "1.running_mean" is missing; there are none. They belong among the parameters: new Map([...parameters, ...buffers])',
    );
    const more = fit({
      ...options,
      model,
      data: data.train,
      epochs: 1,
      parameters: both(expected),
    });
    expect(more.buffers.get(NAMES[1]!)!.data).toEqual(Float32Array.of(28));
  });
});

async function eventsOf(
  run: AsyncIterable<TrainEvent>,
  onEvent: (event: TrainEvent) => void = () => {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of run) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

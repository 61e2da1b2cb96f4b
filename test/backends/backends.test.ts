// A second backend takes no line of the product: a module of its own, handed over as an option. One of the same arithmetic
// computes anything that the WebAssembly kernels do, alone or together with them, to the same bytes; one of another is
// told by name wherever it would be mixed in.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  evaluate,
  fit,
  linear,
  predict,
  sequential,
  TrainedModel,
  tanh,
  weightsHash,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { type Backend, wasm } from '@lockstep/kernels';
import { differingKernels } from '@lockstep/kernels/bits';
import { evaluate as evaluateOnThreads, predictAll, resume, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterAll, describe, expect, it } from 'vitest';
import dying from './dying/index.js';
import other from './other/index.js';
import twin from './twin/index.js';

const SAMPLES = 96;
const data = fromArrays({
  inputs: Uint8Array.from({ length: 4 * SAMPLES }, (_, i) => (i * 37) % 256),
  inputShape: [4],
  labels: Array.from({ length: SAMPLES }, (_, i) => i % 3),
  inputDivisor: 255,
});
const RUN = {
  model: sequential(linear(4, 6), tanh(), linear(6, 3)),
  data: { train: data, test: data },
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  batchSize: 16,
  shards: 4,
  epochs: 4,
};
const NETWORK = { port: 0, token: 'only these tests know it' } as const;

const alone = fit(RUN);
const hash = await weightsHash(alone.parameters);

const folder = await mkdtemp(join(tmpdir(), 'lockstep-backends-'));
afterAll(() => rm(folder, { recursive: true }));

/** The twin, and the memories that were made by this one of it. */
function watched(): { backend: Backend; kernelsMade: () => number[] } {
  const memories: WebAssembly.Memory[] = [];
  const backend = {
    ...twin,
    createMemory(bytes: number) {
      const memory = twin.createMemory(bytes);
      memories.push(memory);
      return memory;
    },
  };
  const kernelsMade = () => memories.map(({ buffer }) => new Int32Array(buffer, 0, 1)[0]!);
  return { backend, kernelsMade };
}

/** Workers of these backends, one thread each, over sockets. */
async function onCluster(
  coordinator: Backend | undefined,
  workers: readonly (Backend | undefined)[],
) {
  const run = coordinate({ ...RUN, ...NETWORK, backend: coordinator, minWorkers: workers.length });
  const working: Promise<unknown>[] = [];
  for await (const event of run) {
    if (event.event !== 'listening') continue;
    for (const backend of workers) {
      const common = { token: NETWORK.token, data: run.datasets, threads: 1 };
      working.push(work(event.url, { ...common, backend }).result());
    }
  }
  await Promise.all(working);
  return run.result();
}

describe('a trained model', () => {
  const many = Uint8Array.from({ length: 4 * 3000 }, (_, i) => (i * 7919) % 251);

  it('answers by its own backend, alone and on threads', async () => {
    const { trained } = fit({ ...RUN, backend: other });
    const answers = trained.predict(many);
    const { graph, parameters, traits } = trained;
    expect(new TrainedModel({ graph, parameters, traits }).predict(many)).not.toEqual(answers);
    expect(await predictAll(trained, many, { threads: 2 })).toEqual(answers);
  });

  it('answers all the same when a thread dies that was to answer', async () => {
    const { graph, parameters, traits } = alone.trained;
    const trained = new TrainedModel({ graph, parameters, traits, backend: dying });
    process.env.LOCKSTEP_DIES_ONCE = join(folder, 'has died');
    try {
      expect(await predictAll(trained, many, { threads: 2 })).toEqual(alone.trained.predict(many));
    } finally {
      delete process.env.LOCKSTEP_DIES_ONCE;
    }
    expect(existsSync(join(folder, 'has died'))).toBe(true);
  });
});

describe('a backend of the same arithmetic', () => {
  it('passes the bits suite', async () => {
    expect(await differingKernels(twin)).toEqual([]);
  });

  it('fits, evaluates and predicts to the same bytes', async () => {
    const { backend, kernelsMade } = watched();
    const { parameters } = fit({ ...RUN, backend });
    expect(await weightsHash(parameters)).toBe(hash);
    const { model, loss } = RUN;
    const metrics = evaluate({ model, loss, parameters, data, backend });
    expect(metrics).toEqual(evaluate({ model, loss, parameters, data }));
    const inputs = { model, parameters, inputs: [1, 2, 3, 4], inputShape: [4] };
    expect(predict({ ...inputs, backend })).toEqual(predict(inputs));
    expect(kernelsMade()).toEqual([1, 1, 1]);
  });

  it('trains on threads, which import its module, to the same bytes', async () => {
    const { backend, kernelsMade } = watched();
    const result = await train({ ...RUN, threads: 3, backend }).result();
    expect(result.weightsHash).toBe(hash);
    expect(kernelsMade()).toEqual([3]);
    const { model, loss } = RUN;
    const { parameters } = result;
    const evaluation = await evaluateOnThreads({
      model,
      loss,
      parameters,
      data,
      threads: 1,
      backend,
    });
    expect(evaluation).toMatchObject({ loss: result.testLoss });
    expect(kernelsMade()).toEqual([3, 1]);
  });

  it('goes on with a run that the WebAssembly kernels began, and the other way round', async () => {
    for (const [first, second] of [
      [undefined, twin],
      [twin, undefined],
    ]) {
      const out = join(folder, first ? 'twin' : 'wasm');
      const abort = new AbortController();
      const common = { out, signal: abort.signal, checkpointEvery: 6, threads: 2 };
      const stopped = train({ ...RUN, ...common, backend: first });
      for await (const event of stopped) {
        if (event.event === 'epoch-end' && event.epoch === 2) abort.abort();
      }
      expect((await stopped.result()).stopped).toBe('asked');
      const { run } = await resume({ out, data: RUN.data, threads: 1, backend: second });
      expect((await run.result()).weightsHash).toBe(hash);
    }
  });

  it('is let into a cluster, and computes with the others to the same bytes', async () => {
    const { backend, kernelsMade } = watched();
    expect((await onCluster(undefined, [backend, wasm])).weightsHash).toBe(hash);
    expect(Math.max(...kernelsMade())).toBeGreaterThan(0);
    expect((await onCluster(twin, [undefined])).weightsHash).toBe(hash);
  });
});

describe('a backend of another arithmetic', () => {
  it('does not pass the bits suite', async () => {
    expect(await differingKernels(other)).toEqual(['tanh']);
  });

  it('trains alone, on threads too, to bytes of its own', async () => {
    const own = fit({ ...RUN, backend: other });
    const ownHash = await weightsHash(own.parameters);
    expect(ownHash).not.toBe(hash);
    const events = [];
    for await (const event of train({ ...RUN, threads: 2, backend: other })) events.push(event);
    expect(events[0]).toMatchObject({
      event: 'run-start',
      arithmetic: 'other-1',
      engine: other.hash,
    });
    expect(events.at(-1)).toMatchObject({ event: 'run-end', weightsHash: ownHash });
  });

  it('is refused by a coordinator, and both are named', async () => {
    const run = coordinate({ ...RUN, ...NETWORK });
    for await (const event of run) {
      if (event.event !== 'listening') continue;
      const attempt = work(event.url, { token: NETWORK.token, backend: other }).result();
      await expect(attempt).rejects.toThrow(
        /arithmetic other-1 dialled lockstep-1, and bits would differ/,
      );
      break;
    }
  });

  it('cannot go on with a run of the WebAssembly kernels, and both are named', async () => {
    const out = join(folder, 'run');
    await train({ ...RUN, out, threads: 1 }).result();
    const attempt = resume({ out, data: RUN.data, backend: other });
    await expect(attempt).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/arithmetic lockstep-1, backend other has other-1; the bits/),
    });
  });
});

describe('what is no backend', () => {
  it('is refused at once, and so is one that threads could not import', () => {
    const { module: _, ...unnamed } = twin;
    expect(() => train({ ...RUN, backend: unnamed })).toThrow(/backend twin has no module, which/);
    for (const backend of [
      null,
      {},
      { ...twin, arithmetic: 'Two words' },
      { ...twin, kernels: 1 },
    ]) {
      const attempt = () => fit({ ...RUN, backend: backend as Backend });
      expect(attempt).toThrow(/^fit: backend is none; expected name and hash, an arithmetic of/);
    }
  });

  it('is a module that exports another arithmetic than the run’s', async () => {
    const backend = { ...other, module: twin.module! };
    const attempt = train({ ...RUN, threads: 1, backend }).result();
    await expect(attempt).rejects.toThrow(
      /exports a backend of arithmetic lockstep-1, the run's is other-1/,
    );
  });
});

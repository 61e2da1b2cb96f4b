// Runs on a cluster that end early: in a star and in a mesh they end where one thread ends, through workers that are lost,
// coordinators that are stopped, and coordinators that are killed, and give the same best epoch.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinatorOptions, coordinate, resumeCoordinated } from '@lockstep/coordinator';
import { fit, weightsHash } from '@lockstep/core';
import { type ClusterEvent, loadRunWeights, resume } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { data, END, hash, last, OPTIONS as RUN } from '../early-end.js';

const { bestEpoch } = END;

const NETWORK: CoordinatorOptions = { port: 0, token: 'only these tests know it' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-stopping-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Coordinated extends AsyncIterable<ClusterEvent> {
  result(): Promise<unknown>;
}

/** Follows a run to its end with workers of so many threads; they go when it is over. */
async function onCluster(
  run: Coordinated,
  threads: readonly number[],
  onEvent: (event: ClusterEvent) => void = () => {},
): Promise<ClusterEvent[]> {
  const told: ClusterEvent[] = [];
  const gone = new AbortController();
  const working: Promise<unknown>[] = [];
  for await (const event of run) {
    told.push(event);
    if (event.event === 'listening') {
      const about = { token: NETWORK.token, cacheDir: join(folder, 'cache') };
      for (const count of threads) {
        const options = { ...about, threads: count, signal: gone.signal };
        working.push(
          work(event.url, options)
            .result()
            .catch(() => {}),
        );
      }
    }
    onEvent(event);
  }
  gone.abort();
  await Promise.all(working);
  return told;
}

function epochsOf(told: readonly ClusterEvent[]): number[] {
  return told.flatMap((event) => (event.event === 'epoch-end' ? [event.epoch] : []));
}

const ALL = Array.from({ length: last }, (_, i) => i + 1);

describe('a run that ends early', () => {
  it.each([
    ['star', [1, 2]],
    ['mesh', [1, 1, 1]],
    ['auto', [1]],
  ] as const)(
    'in a %s ends where one thread ends, with its best epoch',
    async (topology, threads) => {
      const run = coordinate({ ...RUN, ...NETWORK, topology, minWorkers: threads.length });
      const told = await onCluster(run, threads);
      expect(epochsOf(told)).toEqual(ALL);
      expect(told.at(-1)).toMatchObject({ event: 'run-end', ...END });
      expect(await run.result()).toMatchObject(END);
    },
  );

  it('goes on after its coordinator was stopped, with a checkpoint far from any epoch’s end', async () => {
    const out = join(folder, 'run');
    const epochs: number[] = [];
    for (let part = 0; ; part++) {
      const abort = new AbortController();
      const network = { ...NETWORK, signal: abort.signal };
      const checkpointEvery = 7;
      const run =
        part === 0
          ? coordinate({ ...RUN, ...network, out, checkpointEvery })
          : (await resumeCoordinated({ ...network, out, data, checkpointEvery })).run;
      const told = await onCluster(run, [1], (event) => {
        if (event.event === 'epoch-end' && event.epoch % 4 === 0) abort.abort();
      });
      epochs.push(...epochsOf(told));
      const result = await run.result();
      if (result.stopped === 'asked') continue;
      expect(result).toMatchObject(END);
      break;
    }
    expect(epochs).toEqual(ALL);
    expect((await loadRunWeights(out)).weightsHash).toBe(hash);
  });

  it('goes on after its coordinator and all workers were killed: at its best epoch, and when its end was decided', async () => {
    const out = join(folder, 'run');
    const run = coordinate({ ...RUN, ...NETWORK, out, checkpointEvery: 1000 });
    // What is on the disk when an epoch is told: its evaluation is journalled, its state is saved only afterwards.
    await onCluster(run, [1], (event) => {
      if (event.event !== 'epoch-end') return;
      if (event.epoch === bestEpoch || event.epoch === last) {
        // Without the claim, by which this process would be waited for.
        const filter = (path: string): boolean => !path.includes('claim-');
        cpSync(out, join(folder, `epoch-${event.epoch}`), { recursive: true, filter });
      }
    });
    for (const epoch of [bestEpoch!, last]) {
      const copy = join(folder, `epoch-${epoch}`);
      const { run: resumed } = await resumeCoordinated({ ...NETWORK, out: copy, data });
      const told = await onCluster(resumed, [1, 1]);
      expect(epochsOf(told)).toEqual(ALL.filter((one) => one > epoch));
      expect(await resumed.result()).toMatchObject(END);
      const names = readdirSync(join(copy, 'checkpoints'));
      expect(names).toContain(`step-${String(4 * bestEpoch!).padStart(9, '0')}.safetensors`);
    }
  });

  it('that has ended says the same again, and needs nobody', async () => {
    const out = join(folder, 'run');
    await onCluster(coordinate({ ...RUN, ...NETWORK, out }), [1]);
    const { run } = await resumeCoordinated({ ...NETWORK, out, data });
    expect(epochsOf(await onCluster(run, []))).toEqual([]);
    expect(await run.result()).toMatchObject(END);
  });

  it('that threads went on with meanwhile gives their best epoch', async () => {
    const out = join(folder, 'run');
    const abort = new AbortController();
    await onCluster(coordinate({ ...RUN, ...NETWORK, out, signal: abort.signal }), [1], (event) => {
      if (event.event === 'epoch-end') abort.abort();
    });
    const { run: threads } = await resume({ out, data, threads: 1 });
    for await (const event of threads) {
      if (event.event === 'epoch-end' && event.epoch === bestEpoch! + 1) break;
    }
    const { run } = await resumeCoordinated({ ...NETWORK, out, data });
    await onCluster(run, [1]);
    expect(await run.result()).toMatchObject(END);
  });
});

describe('who watches a cluster', () => {
  const whole = { ...RUN, patience: undefined, keep: undefined };

  it('and ends it after an epoch gets exactly that epoch, with its parameters', async () => {
    const seen: string[] = [];
    const run = coordinate({
      ...whole,
      ...NETWORK,
      onEpoch: async ({ epoch, parameters }) => {
        seen.push(await weightsHash(parameters));
        return epoch === 3 ? 'stop' : undefined;
      },
    });
    const told = await onCluster(run, [1, 1]);
    const hashes = told.flatMap((event) =>
      event.event === 'epoch-end' ? [event.weightsHash] : [],
    );
    expect(seen).toEqual(hashes);
    const { metrics } = fit({ ...whole, epochs: 3 });
    const ended = { stopped: 'asked', step: 12, metrics, weightsHash: hashes[2] };
    expect(await run.result()).toMatchObject(ended);
  });

  it('and ends it after a step gets the state where it stands, evaluated; it can go on', async () => {
    const out = join(folder, 'run');
    const run = coordinate({
      ...{ ...whole, ...NETWORK, out, epochs: 100_000, checkpointEvery: 1_000_000 },
      onStep: ({ step, loss }) => (step > 6 && loss > 0 ? 'stop' : undefined),
    });
    const told = await onCluster(run, [1, 1]);
    const result = await run.result();
    expect(result.stopped).toBe('asked');
    expect(result.step).toBeGreaterThan(6);
    expect(result.testLoss).toBeGreaterThan(0);
    expect(told.at(-1)).toMatchObject({ event: 'run-end', step: result.step });
    expect((await loadRunWeights(out)).weightsHash).toBe(result.weightsHash);
  });

  it('and never answers about an epoch keeps it from nothing when it is aborted', async () => {
    const abort = new AbortController();
    const forever = () => {
      setTimeout(() => abort.abort(), 10);
      return new Promise(() => {});
    };
    const run = coordinate({ ...whole, ...NETWORK, signal: abort.signal, onEpoch: forever });
    await onCluster(run, [1]);
    expect(await run.result()).toMatchObject({ stopped: 'asked', step: 4 });
  });

  it('by the clock ends it when its time is over, and also while nobody computes', async () => {
    const timed = { ...whole, ...NETWORK, epochs: 1_000_000, maxSeconds: 0.5 };
    const run = coordinate(timed);
    await onCluster(run, [1]);
    const result = await run.result();
    expect(result.stopped).toBe('time');
    expect(result.testLoss).toBeGreaterThan(0);
    const alone = coordinate(timed);
    await onCluster(alone, []);
    expect(await alone.result()).toMatchObject({ stopped: 'time', step: 0, metrics: {} });
  });

  it('and aborts it gets what it came to, with or without a folder', async () => {
    for (const out of [undefined, join(folder, 'run')]) {
      const abort = new AbortController();
      const run = coordinate({ ...whole, ...NETWORK, out, signal: abort.signal });
      const told = await onCluster(run, [1], (event) => {
        if (event.event === 'epoch-end' && event.epoch === 2) abort.abort();
      });
      const result = await run.result();
      expect(result.stopped).toBe('asked');
      expect(result.step).toBeGreaterThanOrEqual(8);
      expect(await weightsHash(result.parameters)).toBe(result.weightsHash);
      expect(told.at(-1)).toMatchObject({ event: 'run-end', stopped: 'asked', step: result.step });
    }
  });
});

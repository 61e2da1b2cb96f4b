// A checkpoint of a cluster that somebody asks for: the newest step is saved, workers are lost meanwhile, and whoever goes on from it
// ends with the bits of one thread.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type CoordinatorOptions, coordinate, resumeCoordinated } from '@lockstep/coordinator';
import { adam, crossEntropy, fit, linear, sequential, tanh, weightsHash } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import type { ClusterEvent, NewRunOptions } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
import { afterEach, beforeEach, expect, it } from 'vitest';

function digits(samples: number) {
  const number = (i: number): number => (Math.imul(i + 7, 2654435761) >>> 8) / 2 ** 24;
  return fromArrays({
    inputs: Array.from({ length: samples }, (_, i) => [0, 1, 2].map((k) => number(7 * i + k))),
    labels: Array.from({ length: samples }, (_, i) => i % 3),
    classes: 3,
  });
}

const model = sequential(linear(3, 12), tanh(), linear(12, 3));
const RUN = {
  ...{ model, data: { train: digits(4000), test: digits(30) }, loss: crossEntropy() },
  ...{ optimizer: adam(), batchSize: 8, shards: 4, epochs: 3 },
} satisfies NewRunOptions;
const STEPS = 1500;
const NETWORK: CoordinatorOptions = { port: 0, token: 'only these tests know it' };
/** Nothing is saved on the way but what is asked for. */
const RARELY = { checkpointEvery: STEPS };

const hash = await weightsHash(fit(RUN).parameters);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const savedSteps = (told: readonly ClusterEvent[]): number[] =>
  told.flatMap((event) => (event.event === 'checkpoint' ? [event.step] : []));

/** Workers join when a run listens; the first ones can be ended. */
function workers(count: number) {
  const ends = Array.from({ length: count }, () => new AbortController());
  const working: Promise<unknown>[] = [];
  return {
    ends,
    join(url: string): void {
      for (const [i, { signal }] of ends.entries()) {
        const options = { token: NETWORK.token, threads: 1, name: `w${i}`, signal };
        const cacheDir = join(folder, 'cache');
        working.push(
          work(url, { ...options, cacheDir })
            .result()
            .catch(() => {}),
        );
      }
    },
    gone: () => Promise.all(working),
  };
}

it('is of the newest step, once for all who ask, while a worker leaves; and is gone on from', async () => {
  const out = join(folder, 'run');
  const run = coordinate({ ...RUN, ...NETWORK, ...RARELY, out, minWorkers: 2 });
  await expect(run.checkpoint()).rejects.toThrow('checkpoint: the run has not begun');
  const crew = workers(3);
  const told: ClusterEvent[] = [];
  const copy = join(folder, 'copy');
  let asked: Promise<(string | null)[]> | undefined;
  for await (const event of run) {
    told.push(event);
    if (event.event === 'listening') crew.join(event.url);
    // While the run goes on: what is asked for is waited for elsewhere.
    if (event.event === 'digest' && event.step >= 64 && !asked) {
      crew.ends[0]!.abort();
      asked = Promise.all([run.checkpoint(), run.checkpoint(), run.checkpoint()]);
      void asked.then(() => {
        // Without the claim, by which this process would be waited for.
        const filter = (path: string): boolean => !path.includes('claim-');
        cpSync(out, copy, { recursive: true, filter });
      });
    }
  }
  await crew.gone();
  const paths = (await asked)!;
  expect(new Set(paths).size).toBe(1);
  const [first, kept, last] = savedSteps(told);
  expect([first, last]).toEqual([0, STEPS]);
  expect(kept).toBeGreaterThanOrEqual(64);
  expect(kept! % 500).toBeGreaterThan(0);
  expect(paths[0]).toMatch(new RegExp(`step-0*${kept}\\.safetensors$`));
  expect((await run.result()).weightsHash).toBe(hash);
  await expect(run.checkpoint()).rejects.toThrow('checkpoint: the run is over here');

  expect(existsSync(join(copy, 'checkpoints', basename(paths[0]!)))).toBe(true);
  const { run: resumed } = await resumeCoordinated({ ...NETWORK, out: copy, data: RUN.data });
  const others = workers(1);
  for await (const event of resumed) {
    if (event.event === 'listening') others.join(event.url);
    if (event.event === 'run-start') expect(event.step).toBe(kept);
  }
  await others.gone();
  expect((await resumed.result()).weightsHash).toBe(hash);
});

it('can be waited for wherever the run waits itself: at an epoch’s end, and in a callback', async () => {
  const paths: (string | null)[] = [];
  const run = coordinate({
    ...{ ...RUN, ...NETWORK },
    onEpoch: async ({ epoch }) => {
      if (epoch === 2) paths.push(await run.checkpoint());
    },
  });
  const crew = workers(1);
  for await (const event of run) {
    if (event.event === 'listening') crew.join(event.url);
    if (event.event === 'epoch-end' && event.epoch === 1) paths.push(await run.checkpoint());
  }
  await crew.gone();
  // Of a run without a folder it is in memory alone.
  expect(paths).toEqual([null, null]);
  expect((await run.result()).weightsHash).toBe(hash);
});

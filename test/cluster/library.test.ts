// The library's two functions, for people who host them in programs of their own: coordinator and workers in one
// process, with and without sockets.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinatorOptions, coordinate, resumeCoordinated } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  dropout,
  flatten,
  linear,
  mul,
  relu,
  sequential,
} from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { type ClusterEvent, type NewRunOptions, RunFolder, resume, train } from '@lockstep/trainer';
import { type WorkOptions, work } from '@lockstep/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const mnist = await loadMnist({ name: 'mnist', offline: true });
const data = { train: firstSamples(mnist.train, 640), test: firstSamples(mnist.test, 100) };

const RUN: NewRunOptions = {
  name: 'digits',
  // The graph that travels has constants, too.
  model: sequential(flatten(), linear(784, 16), relu(), dropout(0.25), linear(16, 10), (x) =>
    mul(x, [1, 0.5, 1, 2, 1, 1, 0.25, 1, 1, 1]),
  ),
  data,
  loss: crossEntropy(),
  optimizer: adam(),
  batchSize: 64,
  shards: 4,
  epochs: 6,
};
const STEPS = 60;
/** Nothing is saved on the way, and the end is not come to. */
const LONG = { epochs: 20_000, checkpointEvery: 1_000_000 };
const NETWORK: CoordinatorOptions = { port: 0, token: 'only these tests know it' };

const oneThread = await train({ ...RUN, threads: 1 }).result();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-library-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const worker = (options: WorkOptions = {}): WorkOptions => ({
  token: NETWORK.token,
  cacheDir: join(folder, 'cache'),
  threads: 1,
  ...options,
});

/** Iterates a run, starts workers when it listens, and gives what was told. */
async function follow(
  run: AsyncIterable<ClusterEvent>,
  onListening: (url: string) => void,
): Promise<ClusterEvent[]> {
  const told: ClusterEvent[] = [];
  for await (const event of run) {
    told.push(event);
    if (event.event === 'listening') onListening(event.url);
  }
  return told;
}

/** The epochs that are logged in a run's folder, in that order. */
function epochsTold(out: string): number[] {
  return readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'epoch-end')
    .map(({ epoch }) => epoch);
}

describe('in one process', () => {
  it('workers over links in memory and over a socket give the bits of one thread', async () => {
    const run = coordinate({ ...RUN, ...NETWORK, minWorkers: 3, topology: 'star' });
    const working: Promise<unknown>[] = [];
    const told = await follow(run, (url) => {
      const known = { data: run.datasets };
      working.push(
        work(async () => run.connect(), worker({ ...known, name: 'a', threads: 2 })).result(),
        work(async () => run.connect(), worker({ ...known, name: 'b' })).result(),
        work(url, worker({ name: 'c' })).result(),
      );
    });
    const result = await run.result();
    expect(result).toEqual(oneThread);
    const finished = { step: STEPS, weightsHash: oneThread.weightsHash };
    for (const outcome of await Promise.all(working)) expect(outcome).toMatchObject({ finished });
    expect(told.filter(({ event }) => event === 'epoch-end')).toHaveLength(6);
    expect(told.at(-1)).toMatchObject({ event: 'run-end', samples: 6 * 640, out: null });
  });

  it('a worker that comes by a link in memory when the run is over is told so', async () => {
    const run = coordinate({ ...RUN, ...NETWORK, epochs: 0 });
    const join = (): Promise<unknown> =>
      work(async () => run.connect(), worker({ data: run.datasets })).result();
    await follow(run, () => void join());
    await expect(join()).rejects.toThrow('connect: the run is over here');
  });

  it('says where it stands, and what it waits for', async () => {
    const run = coordinate({ ...RUN, ...NETWORK });
    expect(run.url).toBeUndefined();
    let waited: string | undefined;
    let working: Promise<unknown> | undefined;
    for await (const event of run) {
      if (event.event === 'listening') {
        expect(run.url).toBe(event.url);
        waited = run.waitsFor;
        working = work(event.url, worker({ name: 'only', data: run.datasets })).result();
      }
      if (event.event !== 'epoch-end') continue;
      expect(run.workers).toMatchObject([{ name: 'only', threads: 1 }]);
      expect(run.progress()!.step).toBeGreaterThanOrEqual(event.step);
    }
    await working;
    expect(waited).toMatch(/^waiting for workers: 0 of 1/);
  });

  it('a worker that is aborted leaves, and the run goes on without it', async () => {
    const run = coordinate({ ...RUN, ...NETWORK, minWorkers: 2 });
    const abort = new AbortController();
    let leaver: ReturnType<ReturnType<typeof work>['result']> | undefined;
    let stayer: typeof leaver;
    for await (const event of run) {
      if (event.event === 'listening') {
        leaver = work(event.url, worker({ name: 'leaver', signal: abort.signal })).result();
        stayer = work(event.url, worker({ name: 'stayer' })).result();
      }
      if (event.event === 'epoch-end' && event.epoch === 2) abort.abort();
      if (event.event === 'worker-lost') {
        expect(event).toMatchObject({
          name: 'leaver',
          code: 'left',
          left: true,
          reason: 'left: stopped by its user',
        });
      }
    }
    expect(await leaver).toMatchObject({ finished: undefined });
    expect((await stayer)!.finished!.weightsHash).toBe(oneThread.weightsHash);
    expect((await run.result()).weightsHash).toBe(oneThread.weightsHash);
  });

  it('a worker that is sent away ends without an error, and the run goes on without it', async () => {
    const run = coordinate({ ...RUN, ...NETWORK, minWorkers: 2 });
    let leaver: ReturnType<ReturnType<typeof work>['result']> | undefined;
    let stayer: typeof leaver;
    const lost: unknown[] = [];
    for await (const event of run) {
      if (event.event === 'listening') {
        leaver = work(event.url, worker({ name: 'leaver' })).result();
        stayer = work(event.url, worker({ name: 'stayer' })).result();
      }
      if (event.event === 'epoch-end' && event.epoch === 2) {
        expect(() => run.dismiss('nobody')).toThrow('there is no worker "nobody" now');
        run.dismiss('leaver', 'too slow');
      }
      if (event.event === 'worker-lost') lost.push({ name: event.name, reason: event.reason });
    }
    expect(await leaver).toEqual({ finished: undefined, reason: 'too slow' });
    expect(lost).toEqual([{ name: 'leaver', reason: 'too slow' }]);
    expect((await stayer)!.finished!.weightsHash).toBe(oneThread.weightsHash);
    expect((await run.result()).weightsHash).toBe(oneThread.weightsHash);
  });

  it('the last workers that are aborted leave when their newest step is saved', async () => {
    const out = join(folder, 'left');
    const run = coordinate({ ...RUN, ...NETWORK, out, minWorkers: 2, ...LONG });
    const abort = new AbortController();
    const { signal } = abort;
    const working: Promise<unknown>[] = [];
    let held = 0;
    const compute = async (url: string, name: string): Promise<void> => {
      for await (const event of work(url, worker({ name, signal }))) {
        if (event.event === 'progress') held = Math.max(held, event.step);
        if (held >= 100) abort.abort();
      }
    };
    let saved = -1;
    let lost = 0;
    for await (const event of run) {
      if (event.event === 'listening') {
        working.push(...['a', 'b'].map((name) => compute(event.url, name)));
      }
      if (event.event === 'checkpoint') saved = event.step;
      if (event.event === 'worker-lost' && ++lost === 2) break;
    }
    await Promise.all(working);
    expect(held).toBeGreaterThanOrEqual(100);
    expect(saved).toBeGreaterThanOrEqual(held);
  });

  it('whoever leaves the loop early saves its newest step', async () => {
    const out = join(folder, 'early');
    const run = coordinate({ ...RUN, ...NETWORK, out, ...LONG });
    let working: Promise<unknown> | undefined;
    const abort = new AbortController();
    for await (const event of run) {
      if (event.event === 'listening') {
        working = work(event.url, worker({ name: 'w', signal: abort.signal })).result();
      }
      if (event.event === 'epoch-end' && event.epoch === 2) break;
    }
    abort.abort();
    await working;
    const [newest] = await new RunFolder(out).checkpoints.list();
    expect(newest!.step).toBeGreaterThan(0);
  });

  it('a run whose events cannot be logged saves its newest step, and says how to go on', async () => {
    const out = join(folder, 'full');
    const run = coordinate({ ...RUN, ...NETWORK, out, ...LONG });
    let working: Promise<unknown> | undefined;
    let isBroken = false;
    const abort = new AbortController();
    const whole = follow(run, (url) => {
      working = (async () => {
        for await (const event of work(url, worker({ name: 'w', signal: abort.signal }))) {
          if (event.event !== 'progress' || event.step < 50 || isBroken) continue;
          isBroken = true;
          // A folder in its place: nothing can be appended to it.
          rmSync(join(out, 'metrics.jsonl'), { force: true });
          mkdirSync(join(out, 'metrics.jsonl'), { recursive: true });
        }
      })();
    });
    const error = await whole.catch((thrown) => thrown);
    abort.abort();
    await working;
    const [newest] = await new RunFolder(out).checkpoints.list();
    expect(newest!.step).toBeGreaterThanOrEqual(50);
    expect(error).toMatchObject({ code: 'output', out });
    expect(error.message).toMatch(
      /^run: epoch-end cannot be logged: cannot write .*metrics\.jsonl: EISDIR/,
    );
    expect(error.message).toContain(`Step ${newest!.step} is saved`);
  });

  it('whoever leaves the loop early finds every epoch in the folder when the run is resumed', async () => {
    const out = join(folder, 'run');
    const run = coordinate({ ...RUN, ...NETWORK, out, checkpointEvery: 7 });
    const abort = new AbortController();
    for await (const event of run) {
      if (event.event === 'listening') {
        void work(async () => run.connect(), worker({ signal: abort.signal, data: run.datasets }))
          .result()
          .catch(() => undefined);
      }
      // A program that is busy with something else meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (event.event === 'epoch-end' && event.epoch === 3) break;
    }
    abort.abort();
    const { run: resumed, refused } = await resumeCoordinated({ ...NETWORK, out, data });
    expect(refused).toEqual([]);
    let working: Promise<unknown> | undefined;
    await follow(resumed, () => {
      const options = worker({ data: resumed.datasets });
      working = work(async () => resumed.connect(), options).result();
    });
    await working;
    expect(await resumed.result()).toEqual(oneThread);
    expect(epochsTold(out)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('a run that threads went on with meanwhile tells no epoch a second time', async () => {
    const out = join(folder, 'run');
    const run = coordinate({ ...RUN, ...NETWORK, out });
    const abort = new AbortController();
    for await (const event of run) {
      if (event.event === 'listening') {
        void work(async () => run.connect(), worker({ signal: abort.signal, data: run.datasets }))
          .result()
          .catch(() => undefined);
      }
      if (event.event === 'epoch-end' && event.epoch === 2) break;
    }
    abort.abort();
    const { run: threads } = await resume({ out, data, threads: 1 });
    for await (const event of threads) if (event.event === 'epoch-end' && event.epoch === 4) break;
    const { run: resumed } = await resumeCoordinated({ ...NETWORK, out, data });
    await follow(resumed, () => {
      void work(async () => resumed.connect(), worker({ data: resumed.datasets })).result();
    });
    expect(await resumed.result()).toEqual(oneThread);
    expect(epochsTold(out)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

it.each<[string, Partial<CoordinatorOptions>, RegExp]>([
  ['a short token', { token: 'short' }, /the token has 5 characters, expected at least 16/],
  [
    'a token that is no text',
    { token: 1 as never },
    /token must be a text that is not empty, got 1/,
  ],
  ['one name for names', { names: 'me' as never }, /names must be a list, got "me"/],
  ['no number of workers', { minWorkers: 0 }, /minWorkers must be an integer in \[1, 256\], got 0/],
  [
    'a heartbeat of nothing',
    { heartbeatTimeoutMs: 0 },
    /heartbeatTimeoutMs must be an integer in \[100, 3600000\], got 0/,
  ],
])('%s is refused at once', (_, options, message) => {
  expect(() => coordinate({ ...RUN, ...NETWORK, ...options })).toThrow(message);
});

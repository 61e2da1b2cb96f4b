// Audits from end to end: a worker whose partial sum has one wrong bit is found out, named and expelled, and the run
// ends with the bits of one thread. The bit is flipped in the worker's memory, behind the back of what is tested.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinate } from '@lockstep/coordinator';
import {
  adam,
  crossEntropy,
  type Dataset,
  flatten,
  linear,
  relu,
  sequential,
  weightsHash,
} from '@lockstep/core';
import { InlineCompute, train } from '@lockstep/trainer';
import { type WorkerEvent, work } from '@lockstep/worker';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { some } from '../long.js';
import { clusters, outcomeOf } from './cluster.js';

const DATA: Dataset = {
  name: 'tiny',
  samples: 96,
  inputShape: [5],
  inputDivisor: 1,
  inputs: Float32Array.from({ length: 480 }, (_, i) => ((i * 7) % 11) / 11),
  targetShape: [],
  targets: Int32Array.from({ length: 96 }, (_, i) => (i * i) % 3),
  classes: 3,
};
const TRAINING = {
  model: sequential(flatten(), linear(5, 6), relu(), linear(6, 3)),
  loss: crossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  epochs: 2,
  batchSize: 16,
  shards: 8,
} as const;
const STEPS = 12;
const FLIPPED_STEP = 7;

const cacheDir = mkdtempSync(join(tmpdir(), 'lockstep-audit-'));
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

interface Flip {
  /** First shard of the worker whose partial is changed. */
  first: number | undefined;
  count: number;
}

/** One bit of what a worker computes at FLIPPED_STEP: of the first that is dealt shards, but not from 0 on. */
function flipOneBit(): Flip {
  const flip: Flip = { first: undefined, count: 0 };
  type Place = Parameters<InlineCompute['assign']>[0];
  let victim: { compute: InlineCompute; place: Place } | undefined;
  const { assign, advance } = InlineCompute.prototype;
  vi.spyOn(InlineCompute.prototype, 'assign').mockImplementation(function (
    this: InlineCompute,
    place,
  ) {
    const { first } = place.deals[0]!.buckets[0]![0]!;
    if (victim ? victim.compute === this : first > 0) {
      victim = { compute: this, place };
      flip.first = first;
    }
    return assign.call(this, place);
  });
  vi.spyOn(InlineCompute.prototype, 'advance').mockImplementation(async function (
    this: InlineCompute,
    what,
  ) {
    const lost = await advance.call(this, what);
    if (victim?.compute !== this || !what.computes) return lost;
    const { plan, memory, control } = victim.place;
    if (control.committedStep !== FLIPPED_STEP) return lost;
    const { partial } = plan.schedules[0]!.blocks[0]!;
    new Uint32Array(memory.buffer)[plan.memory.threads[0]!.partials[partial]! / 4]! ^= 1 << 20;
    flip.count++;
    return lost;
  });
  return flip;
}

async function cluster(workers: number, topology: 'star' | 'mesh', auditShare: number) {
  const token = 'a token for tests, and for nothing else';
  const run = coordinate({
    ...TRAINING,
    ...{ data: { train: DATA }, port: 0, token, minWorkers: workers, topology, auditShare },
  });
  const told: WorkerEvent[][] = [];
  let ends: Promise<PromiseSettledResult<unknown>[]> | undefined;
  const log: { event: string; name?: string; reason?: string; generation?: number }[] = [];
  const start = async (url: string, index: number): Promise<unknown> => {
    // One thread of a run as small as this computes inline, where the bit can be flipped.
    const options = { name: `w${index}`, threads: 1, data: [DATA], cacheDir, token };
    const worker = work(url, options);
    told[index] = [];
    for await (const event of worker) told[index].push(event);
    return worker.result();
  };
  let failure: unknown;
  try {
    for await (const event of run) {
      log.push(event);
      if (event.event !== 'listening') continue;
      ends = Promise.allSettled(Array.from({ length: workers }, (_, i) => start(event.url, i)));
    }
  } catch (error) {
    failure = error;
  }
  const ended = (await ends)!.map((end) => (end.status === 'rejected' ? end.reason.code : 'ok'));
  /** Whose shards in that generation began there. */
  const nameOf = (generation: number | undefined, first: number | undefined): string => {
    const index = told.findIndex((events) =>
      events.some(
        (event) =>
          event.event === 'generation' && event.generation === generation && event.first === first,
      ),
    );
    return `w${index}`;
  };
  const hash = failure ? undefined : (await run.result()).weightsHash;
  return { hash, failure, log, ended, nameOf };
}

async function expectedHash(): Promise<string> {
  const { parameters, step } = await train({
    ...TRAINING,
    ...{ data: { train: DATA }, threads: 1 },
  }).result();
  expect(step).toBe(STEPS);
  return weightsHash(parameters);
}

describe('a worker of three whose partial sum has one wrong bit', () => {
  it.each(['star', 'mesh'] as const)(
    'is named and expelled from a %s, and the others end with the bits of one thread',
    async (topology) => {
      const flip = flipOneBit();
      const { hash, log, ended, nameOf } = await cluster(3, topology, 1);
      vi.restoreAllMocks();
      expect(flip.count).toBe(1);
      const lost = log.filter(({ event, reason }) => event === 'worker-lost' && reason);
      expect(lost).toHaveLength(1);
      expect(lost[0]!.name).toBe(nameOf(lost[0]!.generation, flip.first));
      expect(lost[0]!.reason).toMatch(
        new RegExp(`^audit: step ${FLIPPED_STEP}, shards \\[${flip.first}, `),
      );
      expect(ended[Number(lost[0]!.name!.slice(1))]).toBe('audit');
      expect(ended.filter((code) => code === 'ok')).toHaveLength(2);
      expect(hash).toBe(await expectedHash());
    },
  );

  it('changes the result unseen where nothing is audited', async () => {
    const flip = flipOneBit();
    const { hash, log, ended } = await cluster(3, 'star', 0);
    vi.restoreAllMocks();
    expect(flip.count).toBe(1);
    expect(ended).toEqual(['ok', 'ok', 'ok']);
    expect(log.map(({ event }) => event)).not.toContain('worker-lost');
    expect(hash).not.toBe(await expectedHash());
  });
});

it('of two workers nobody can say which is wrong: the run stops and names both', async () => {
  const flip = flipOneBit();
  const { failure } = await cluster(2, 'star', 1);
  expect(flip.count).toBe(1);
  expect(failure).toMatchObject({ code: 'divergence' });
  for (const part of [`step ${FLIPPED_STEP} `, `[${flip.first}, 8)`, '(w0)', '(w1)']) {
    expect(failure).toMatchObject({ message: expect.stringContaining(part) });
  }
});

describe('real processes that audit', () => {
  const processes = clusters(2);
  it.each(
    some(1, [
      ['some steps, in a star', '0.3', 'star'],
      ['every step, in a mesh', '1', 'mesh'],
    ] as const),
  )('%s, give the bits of one thread', async (_, share, topology) => {
    const started = processes.cluster(
      ...['--audit', share, '--topology', topology, '--min-workers', '3'],
    );
    await started.startCoordinator();
    for (const [rank, threads] of [1, 2, 1].entries()) started.startWorker(`w${rank}`, threads);
    expect(outcomeOf(await started.finish())).toEqual(processes.expected());
  });
});

describe('real processes that audit every step', () => {
  // Enough steps for a process to start meanwhile.
  const processes = clusters(16);
  it('and are killed and joined on the way give the bits of one thread', async () => {
    const started = processes.cluster('--audit', '1', '--min-workers', '3');
    await started.startCoordinator();
    for (const name of ['w0', 'w1', 'w2']) started.startWorker(name, 1);
    await started.tells('epoch-end');
    started.workers.get('w1')!.child.kill('SIGKILL');
    await started.tells('recovered');
    started.startWorker('w3', 2);
    await started.tells('worker-joined', 4);
    const log = await started.finish();
    expect(outcomeOf(log)).toEqual(processes.expected());
    const lost = log.filter(({ event }) => event === 'worker-lost').map(({ name }) => name);
    expect(lost).toEqual(['w1']);
  });
});

import {
  type AllReduce,
  allReduceFor,
  COORDINATOR,
  type Outgoing,
  type Topology,
} from '@lockstep/collective';
import {
  adam,
  type Dataset,
  type FitOptions,
  fit,
  linear,
  type Model,
  meanSquaredError,
  NonFiniteError,
  relu,
  sequential,
  sgd,
  weightsHash,
} from '@lockstep/core';
import {
  decodeFlatState,
  encodeFlatState,
  initialState,
  planRun,
  type RunConfig,
  runConfig,
  toMetrics,
} from '@lockstep/core/internal';
import { ProtocolError } from '@lockstep/errors';
import { wasm } from '@lockstep/kernels';
import {
  type Assignment,
  Engine,
  InlineCompute,
  type MakeCompute,
  type ThreadChoosing,
  ThreadedCompute,
} from '@lockstep/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  blocksDigest,
  engineWeightsHash,
  stateDigest,
} from '../../apps/worker/src/carry/digests.js';
import { scripted } from '../scripted-choosing.js';

function points(samples: number, scale = 1): Dataset {
  const number = (i: number): number =>
    ((Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24 - 0.5) * scale;
  return {
    name: 'points',
    samples,
    inputShape: [6],
    inputs: Float32Array.from({ length: 6 * samples }, (_, i) => number(i)),
    inputDivisor: 1,
    targetShape: [2],
    targets: Float32Array.from({ length: 2 * samples }, (_, i) => number(7 * i + 3)),
    classes: undefined,
  };
}

const model: Model = sequential(linear(6, 9), relu(), linear(9, 2));
const train = points(70);
const test = points(300);
const options: FitOptions & { readonly data: Dataset } = {
  model,
  data: train,
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.02 }),
  batchSize: 16,
  shards: 8,
  epochs: 3,
};

interface Computing {
  readonly make: MakeCompute;
  readonly threads: readonly number[];
  readonly choosing?: ThreadChoosing;
}

const onThreads: MakeCompute = (setting, place) => new ThreadedCompute(setting, place);

const computes: Record<string, Computing> = {
  'the calling thread': {
    make: (setting, place) => new InlineCompute(setting, place),
    threads: [1],
  },
  threads: { make: onThreads, threads: [1, 2, 3] },
  // Also of three and two at a time; where they hand over buckets, too.
  'threads that rest in turns': {
    make: onThreads,
    threads: [3, 2, 5],
    choosing: scripted(0, 2, 1, 4, 1),
  },
};

const opened: Engine[] = [];
let choosing: ThreadChoosing | undefined;

afterEach(async () => {
  await Promise.all(opened.splice(0).map((engine) => engine.close()));
});

function open(
  make: MakeCompute,
  threads: number,
  config: RunConfig,
  data = train,
  isAlone = false,
): Engine {
  const engine = new Engine({
    ...{ config, backend: wasm, threads, compute: make, isAlone, choosing },
    datasets: { train: data, test },
  });
  opened.push(engine);
  return engine;
}

function firstState(config: RunConfig, data = train): Uint8Array {
  const plan = planRun(config, { train: data, test }, [{ first: 0, end: config.shards }]);
  return encodeFlatState(plan.state, 0, initialState(config.graph, config.seed));
}

/** One of the engines that takes part in the exchange without a state, and what becomes of the sums that it gets. */
interface Follower {
  readonly engine: Engine;
  take(sum: Uint8Array): void;
}

/** Takes steps on all engines but a follower up to `until`; messages are delivered at once. */
async function run(
  engines: readonly Engine[],
  assignment: Omit<Assignment, 'rank'>,
  until: number,
  /** Own shards of the step are computed, and nothing is handed over. */
  computed: (step: number) => Promise<void> = async () => {},
  follower?: Follower,
): Promise<void> {
  const { ranges, topology } = assignment;
  const exchanges: AllReduce[] = [];
  for (const [rank, engine] of engines.entries()) {
    const replays = engine === follower?.engine;
    exchanges.push(await engine.assign({ ...assignment, rank, replays }));
  }
  const working = engines.filter((engine) => engine !== follower?.engine);
  const first = working[0]!.step;
  const group = { ranges, topology, floats: engines[0]!.vectorFloats };
  const hub = allReduceFor(group).hub?.(group, first, wasm);
  const deliver = (from: number, messages: readonly Outgoing[]): void => {
    for (const { to, kind, step, offset, payload } of messages) {
      if (to !== COORDINATOR) {
        deliver(to, exchanges[to]!.accept(kind, from, step, offset, payload));
        continue;
      }
      for (const part of hub!.accept(from, step, offset, payload)) {
        for (const exchange of exchanges) {
          exchange.accept('sum', COORDINATOR, step, part.offset, [part.sum]);
        }
      }
    }
  };
  /** What is there before the rest goes to the others at once. */
  const early = (engine: Engine) => (blocks: number) => {
    const rank = engines.indexOf(engine);
    deliver(rank, exchanges[rank]!.begin(engine.step, blocks));
  };
  await Promise.all(working.map((engine) => engine.compute(early(engine))));
  for (let step = first; step < until; step++) {
    await computed(step);
    for (const [rank, exchange] of exchanges.entries()) deliver(rank, exchange.begin(step));
    expect(exchanges.every(({ complete }) => complete)).toBe(true);
    follower?.take(exchanges[engines.indexOf(follower.engine)]!.sum().slice());
    await Promise.all(working.map((engine) => engine.advance(step + 1 < until, early(engine))));
  }
}

function rangesOf(...ends: number[]): { first: number; end: number }[] {
  return ends.map((end, i) => ({ first: i === 0 ? 0 : ends[i - 1]!, end }));
}

describe.each(Object.entries(computes))('an engine on %s', (_, { make, threads, ...chosen }) => {
  beforeEach(() => {
    choosing = chosen.choosing;
  });

  const config = runConfig(options);
  const count = (i: number): number => threads[i % threads.length]!;

  it.each<[Topology, number[]]>([
    ['alone', [8]],
    ['star', [8]],
    ['star', [3, 8]],
    ['mesh', [4, 8]],
    ['mesh', [1, 6, 6, 8]],
    ['star', [1, 6, 6, 8]],
  ])('trains in a %s with shards up to %j to the bits of one thread', async (topology, ends) => {
    const expected = await weightsHash(fit(options).parameters);
    const engines = ends.map((_, i) => open(make, count(i), config));
    for (const engine of engines) engine.loadState(0, firstState(config));
    await run(engines, { ranges: rangesOf(...ends), topology }, engines[0]!.plan.steps);
    for (const engine of engines) {
      expect(engineWeightsHash(engine)).toBe(expected);
      expect(stateDigest(engine)).toBe(stateDigest(engines[0]!));
    }
  });

  it('trains alone without anybody, epoch by epoch, to the bits of one thread', async () => {
    const expected = fit({ ...options, data: { train, test } });
    for (const count of threads) {
      const engine = open(make, count, config, train, true);
      engine.loadState(0, firstState(config));
      for (const epoch of expected.epochs) {
        await engine.trainTo(epoch.step);
        expect(engine.step).toBe(epoch.step);
        expect(engine.epochLoss / train.samples).toBe(epoch.trainLoss);
        const { test: sums } = await engine.evaluate();
        expect(toMetrics(sums!, test.samples, []).loss).toBe(epoch.testLoss);
      }
      expect(engineWeightsHash(engine)).toBe(await weightsHash(expected.parameters));
    }
  });

  it('goes on alone with what it took with others, and with others after that', async () => {
    const expected = await weightsHash(fit(options).parameters);
    const [a, b] = [open(make, count(0), config), open(make, count(1), config)];
    for (const engine of [a, b]) engine.loadState(0, firstState(config));
    await run([a, b], { ranges: rangesOf(5, 8), topology: 'mesh' }, 3);
    await a.assign({ rank: 0, ranges: rangesOf(8), topology: 'alone' });
    await a.trainTo(5);
    b.loadState(5, a.saveState());
    await run([b, a], { ranges: rangesOf(2, 8), topology: 'star' }, a.plan.steps);
    expect(engineWeightsHash(a)).toBe(expected);
  });

  it('stops, when it is asked to, after the step that it is at', async () => {
    const engine = open(make, count(1), config, train, true);
    engine.loadState(0, firstState(config));
    engine.requestStop();
    await engine.trainTo(5);
    expect(engine.step).toBe(1);
  });

  it('takes no step by itself while shards are not its own', async () => {
    const engine = open(make, 1, config);
    engine.loadState(0, firstState(config));
    await engine.assign({ rank: 1, ranges: rangesOf(3, 8), topology: 'star' });
    await expect(engine.trainTo(1)).rejects.toThrow(/shards/);
    expect(engine.step).toBe(0);
  });

  it.each<[Topology, number, number[], number[]]>([
    ['mesh', 1, [7, 8], [1, 2]],
    ['mesh', 2, [7, 8], [1]],
    ['mesh', 3, [7, 8], [1]],
    ['mesh', 3, [6, 8], []],
    ['mesh', 2, [4, 8], []],
    ['star', 1, [7, 8], []],
  ])(
    'tells, in a %s on %i threads with shards up to %j, when %j of its blocks are there',
    async (topology, wanted, ends, told) => {
      if (!threads.includes(wanted)) return;
      const engine = open(make, wanted, config);
      engine.loadState(0, firstState(config));
      await engine.assign({ rank: 0, ranges: rangesOf(...ends), topology });
      const heard: number[] = [];
      await engine.compute((blocks) => heard.push(blocks));
      expect(heard).toEqual(told);
    },
  );

  it('goes on when shards are dealt again and the state has moved to others, with the same bits', async () => {
    const expected = await weightsHash(fit(options).parameters);
    const [a, b] = [open(make, count(0), config), open(make, count(1), config)];
    a.loadState(0, firstState(config));
    await run([a], { ranges: rangesOf(8), topology: 'alone' }, 4);
    b.loadState(4, a.saveState());
    await run([a, b], { ranges: rangesOf(5, 8), topology: 'mesh' }, 7);
    const c = open(make, count(2), config);
    c.loadState(b.step, b.saveState());
    await run([c, b, a], { ranges: rangesOf(2, 2, 8), topology: 'star' }, 11);
    await run([c], { ranges: rangesOf(8), topology: 'alone' }, c.plan.steps);
    expect(engineWeightsHash(c)).toBe(expected);
  });

  it('leaves nothing of an earlier deal between the parameters, so states stay the same bytes', async () => {
    const [a, b] = [open(make, count(1), config), open(make, count(0), config)];
    for (const engine of [a, b]) engine.loadState(0, firstState(config));
    for (const [until, ...ends] of [
      [3, 5, 8],
      [5, 1, 8],
      [7, 8, 8],
      [9, 3, 8],
    ] as const) {
      await run([a, b], { ranges: rangesOf(...ends), topology: 'mesh' }, until);
    }
    const fresh = open(make, count(0), config);
    fresh.loadState(0, firstState(config));
    await run([fresh], { ranges: rangesOf(8), topology: 'alone' }, 9);
    expect(stateDigest(a)).toBe(stateDigest(fresh));
    expect(stateDigest(b)).toBe(stateDigest(fresh));
  });

  it('lets others on the thread have their turn while it evaluates many samples', async () => {
    const many = points(20_000);
    const engine = new Engine({
      ...{ config, backend: wasm, threads: count(0), compute: make },
      datasets: { train, test: many },
    });
    opened.push(engine);
    engine.loadState(0, firstState(config));
    let turns = 0;
    setImmediate(() => turns++);
    const sums = await engine.evaluateChunks({ first: 0, end: 156 });
    expect(sums.byteLength).toBe(16 * 156);
    expect(turns).toBe(1);
  });

  it('computes any shards of its step again as who has them did, and goes on undisturbed', async () => {
    const expected = await weightsHash(fit(options).parameters);
    const ranges = rangesOf(3, 3, 8);
    const engines = ranges.map((_, i) => open(make, count(i), config));
    for (const engine of engines) engine.loadState(0, firstState(config));
    const agreed: boolean[] = [];
    await run(engines, { ranges, topology: 'mesh' }, engines[0]!.plan.steps, async (step) => {
      // Some steps only, so that the auditing engine skips states and epochs.
      if (step % 4 !== 1) return;
      for (const [rank, engine] of engines.entries()) {
        for (const auditor of engines) {
          agreed.push(
            blocksDigest(await auditor.recompute(ranges[rank]!)) ===
              blocksDigest(engine.ownBlocks()),
          );
        }
      }
    });
    expect(agreed.length).toBeGreaterThan(9);
    expect(agreed.every(Boolean)).toBe(true);
    expect(engines.map((engine) => engineWeightsHash(engine))).toEqual(ranges.map(() => expected));
  });

  it('tells other shards, another step and another state by their digest', async () => {
    const engine = open(make, count(0), config);
    engine.loadState(0, firstState(config));
    const range = { first: 2, end: 5 };
    const digest = blocksDigest(await engine.recompute(range));
    const others = [
      { first: 2, end: 6 },
      { first: 3, end: 5 },
      { first: 5, end: 5 },
    ];
    const digests = [digest];
    for (const other of others) digests.push(blocksDigest(await engine.recompute(other)));
    engine.loadState(1, firstState(config));
    digests.push(blocksDigest(await engine.recompute(range)));
    const state = firstState(config);
    state[3]! ^= 1;
    engine.loadState(0, state);
    digests.push(blocksDigest(await engine.recompute(range)));
    expect(new Set(digests).size).toBe(6);
    engine.loadState(0, firstState(config));
    expect(blocksDigest(await engine.recompute(range))).toBe(digest);
  });

  it('evaluates any chunks of the test data with the sums that one thread gets', async () => {
    const results = fit({ ...options, data: { train: options.data, test }, epochs: 1 });
    const engine = open(make, count(1), runConfig({ ...options, epochs: 1 }));
    engine.loadState(0, firstState(config));
    await run([engine], { ranges: rangesOf(8), topology: 'alone' }, engine.plan.steps);
    const sums = [
      await engine.evaluateChunks({ first: 0, end: 1 }),
      await engine.evaluateChunks({ first: 1, end: 3 }),
    ];
    const bytes = Buffer.concat(sums);
    const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const loss = (floats[0]! + floats[4]! + floats[8]!) / test.samples;
    expect(loss).toBe(results.epochs[0]!.testLoss);
    await expect(engine.evaluateChunks({ first: 2, end: 4 })).rejects.toThrow(/no chunks/);
  });

  it.each<[Topology, number[], number]>([
    ['star', [8, 8], 1],
    ['mesh', [0, 8], 0],
    ['mesh', [3, 3, 8], 1],
  ])(
    'replays kept sums in a %s with shards up to %j to the bits of those who computed, while the exchange goes on',
    async (topology, ends, rank) => {
      const engines = ends.map((_, i) => open(make, count(i + 1), config));
      const engine = engines[rank]!;
      const [first, ...others] = engines.filter((other) => other !== engine);
      first!.loadState(0, firstState(config));
      await run([first!], { ranges: rangesOf(8), topology: 'alone' }, 2);
      const state = first!.saveState();
      for (const other of others) other.loadState(2, state);
      const kept: Uint8Array[] = [];
      let replaying = Promise.resolve();
      const take = (sum: Uint8Array): void => {
        kept.push(sum);
        // The state comes after three steps.
        if (kept.length === 3) engine.loadState(2, state);
        if (!engine.holdsState) return;
        for (const each of kept.splice(0)) replaying = replaying.then(() => engine.replay(each));
      };
      await run(engines, { ranges: rangesOf(...ends), topology }, 9, undefined, { engine, take });
      await replaying;
      expect(engine.step).toBe(9);
      expect(stateDigest(engine)).toBe(stateDigest(first!));
      const dealt = rangesOf(...ends.map((_, i) => Math.floor((8 * (i + 1)) / ends.length)));
      await run(engines, { ranges: dealt, topology: 'mesh' }, engine.plan.steps);
      const expected = await weightsHash(fit(options).parameters);
      expect(engines.map((each) => engineWeightsHash(each))).toEqual(ends.map(() => expected));
    },
  );

  it('replays only where it is assigned to, only whole sums and only finite ones', async () => {
    const engine = open(make, count(1), config);
    engine.loadState(0, firstState(config));
    const sum = new Uint8Array(4 * engine.vectorFloats);
    const assignment = { rank: 0, ranges: rangesOf(0, 8), topology: 'star' } as const;
    await engine.assign(assignment);
    await expect(engine.replay(sum)).rejects.toThrow(ProtocolError);
    await engine.assign({ ...assignment, replays: true });
    for (const wrong of [sum.subarray(4), new Uint8Array(sum.length + 4), new Uint8Array(0)]) {
      await expect(engine.replay(wrong)).rejects.toThrow(`a sum of ${wrong.length} bytes`);
    }
    expect(engine.step).toBe(0);
    await engine.replay(sum);
    expect(engine.step).toBe(1);
    const before = stateDigest(engine);
    const wild = new Float32Array(engine.vectorFloats).fill(Number.NaN);
    await expect(engine.replay(new Uint8Array(wild.buffer))).rejects.toThrow(NonFiniteError);
    expect([engine.step, stateDigest(engine)]).toEqual([1, before]);
    await engine.replay(sum);
    expect(engine.step).toBe(2);
    const after = stateDigest(engine);
    await engine.assign(assignment);
    await expect(engine.replay(sum)).rejects.toThrow(ProtocolError);
    expect([engine.step, stateDigest(engine)]).toEqual([2, after]);
  });

  it('replays beside the exchange: neither changes what the other has', async () => {
    const assignment = {
      rank: 0,
      ranges: rangesOf(0, 8),
      topology: 'star',
      replays: true,
    } as const;
    const [engine, other] = [open(make, count(2), config), open(make, count(0), config)];
    for (const each of [engine, other]) each.loadState(0, firstState(config));
    const kept = new Uint8Array(4 * engine.vectorFloats);
    const sum = new Uint8Array(new Float32Array(engine.vectorFloats).fill(0.5).buffer);
    const exchange = await engine.assign(assignment);
    exchange.begin(0);
    const replaying = engine.replay(kept);
    exchange.accept('sum', COORDINATOR, 0, 0, [sum]);
    await replaying;
    expect(exchange.sum()).toEqual(sum);
    await engine.replay(kept);
    expect(exchange.sum()).toEqual(sum);
    await other.assign(assignment);
    for (let step = 0; step < 2; step++) await other.replay(kept);
    expect(stateDigest(engine)).toBe(stateDigest(other));
  });

  it('replays nothing before it has a state', async () => {
    const engine = open(make, count(0), config);
    await engine.assign({ rank: 0, ranges: rangesOf(0, 8), topology: 'star', replays: true });
    const sum = new Uint8Array(4 * engine.vectorFloats);
    await expect(engine.replay(sum)).rejects.toThrow(/no state/);
  });

  it('keeps the last good state when a step is not finite, and says which step', async () => {
    const data = points(70, 1e20);
    const wild = runConfig({ ...options, data, optimizer: sgd({ learningRate: 1e18 }) });
    const engine = open(make, count(1), wild, data);
    engine.loadState(0, firstState(wild, data));
    const before = stateDigest(engine);
    await expect(run([engine], { ranges: rangesOf(8), topology: 'alone' }, 3)).rejects.toThrow(
      NonFiniteError,
    );
    expect(engine.step).toBe(0);
    expect(stateDigest(engine)).toBe(before);
  });

  it('hands over a state that says of itself what the run knows of it', () => {
    const engine = open(make, count(0), config);
    expect(engine.holdsState).toBe(false);
    expect(() => engine.step).toThrow(/no state/);
    expect(() => stateDigest(engine)).toThrow(/no state/);
    const bytes = firstState(config);
    expect(() => engine.loadState(0, bytes.subarray(4))).toThrow(/bytes, expected/);
    engine.loadState(0, bytes);
    expect(engine.saveState()).toEqual(bytes);
    const plan = planRun(config, { train, test }, [{ first: 0, end: 8 }]);
    expect(decodeFlatState(plan.state, bytes).tensors.get('parameters')).toEqual(
      engine.parameters(),
    );
  });
});
